<?php
// Records what PHP itself says, for tests/pure/php_json.rs and tests/pure/php_numeric.rs: which texts json_decode() takes,
// and which texts are numeric, with the integer that they are cast to. Not run by the tests.
//
//   php tests/vectors/record-php.php
//
// Writes php-json.json and php-numeric.json beside itself. The mutations come from a fixed seed: the same PHP
// version writes the same files.

mt_srand(20100, MT_RAND_MT19937);

/** One to three random edits at random places. */
function mutate(string $text, array $scraps): string {
	for ($edits = mt_rand(1, 3); $edits > 0; $edits--) {
		$at = mt_rand(0, strlen($text));
		$scrap = $scraps[mt_rand(0, count($scraps) - 1)];
		switch (mt_rand(0, 3)) {
			case 0: $text = substr($text, 0, $at) . $scrap . substr($text, $at); break;
			case 1: $text = substr($text, 0, $at) . substr($text, $at + 1); break;
			case 2: $text = substr($text, 0, $at) . $scrap . substr($text, $at + 1); break;
			case 3: if ($at < strlen($text)) { $text[$at] = chr(ord($text[$at]) ^ (1 << mt_rand(0, 7))); } break;
		}
	}
	return $text;
}

function write(string $file, string $what, array $rows): void {
	$lines = array_map(fn ($row) => json_encode($row, JSON_UNESCAPED_SLASHES), $rows);
	file_put_contents(__DIR__ . "/$file", "{\"about\": " . json_encode("$what Recorded on PHP " . PHP_VERSION . '.')
		. ",\n\"cases\": [\n" . implode(",\n", $lines) . "\n]}\n");
	echo $file, ': ', count($rows), "\n";
}

// --- JSON -----------------------------------------------------------------------------------------------------------

$texts = ['', ' ', "\n", '{}', '[]', '""', '0', '-0', '-', '+1', '01', '-01', '00', '1.', '.5', '-.5', '1.5', '1.50', '0.0', '-0.0', '1e5', '1E5', '1e+5',
	'1E-5', '1e', '1e+', '1E+', '1.e5', '1.5e5', '1.5e', '0e0', '0e', '1e400', '-1e400', '1e-400', '9223372036854775807', '9223372036854775808',
	'-9223372036854775808', '-9223372036854775809', '12345678901234567890', str_repeat('9', 400), '0x1', '1_000', '1 2', '1,2', '--1', '1-', 'Infinity',
	'-Infinity', 'NaN', 'nan', 'true', 'TRUE', 'True', 'tRuE', 'false', 'FALSE', 'False', 'null', 'NULL', 'Null', 'nUlL', 'nul', 'nulll', 'tru', 'truefalse', 't', 'yes',
	"null\0", "\0null", "\0", '[null,TRUE,False]', '{"a":NULL}', '[1]', '[1,2]', '[1,]', '[,1]', '[,]', '[1 2]', '[1,,2]', '[', ']', '[[]', '[]]', '[[],[]]', '[}', '{]',
	'{', '}', '{"a"}', '{"a":}', '{"a":1', '{"a":1,}', '{,}', '{"a":1,"b":2}', '{"a":1 "b":2}', '{"a":1,"a":2}', '{"a":{"a":1},"a":[]}', "{'a':1}", '{a:1}', '{1:1}',
	'{"a"::1}', '{"a":1:2}', '{"":1}', '{"_empty_":1}', '{"\u0000":1}', '{"\u0000a":1}', '{"a\u0000":1}', '{"a":"\u0000"}', '{"0":1}', '{"a" : 1 }', '{ "a":1}', "'a'", '"a', 'a"',
	'"a"b', '"a""b"', '["a" "b"]', '"\\"', '"\\\\"', '"\"', '"\/"', '"\b\f\n\r\t"', '"\a"', '"\v"', '"\0"', '"\x41"', '"\U0041"', '"\u"', '"\u0"', '"\u00"', '"\u004"', '"\u0041"',
	'"\u00e9"', '"\u00E9"', '"\u00g9"', '"\u20ac"', '"\ud83d\ude80"', '"\uD83D\uDE80"', '"\ud800"', '"\udc00"', '"\ud800\ud800"', '"\udc00\ud800"', '"\ud800\u0041"', '"\ud800a"',
	'"\ud83d\ude8"', '"\udbff\udfff"', '"\udfff"', '"\ud7ff"', '"\ue000"', '"\uffff"', '"\ufffe"', '"\ufeff"', '"\ud83d \ude80"', '"\ud83d\\\\ude80"', "\xEF\xBB\xBF{}",
	"\xEF\xBB\xBF", "{}\xEF\xBB\xBF", "\xFE\xFF{}", ' {}', '{} ', "\t{}\r\n", "\f{}", "{}\f", "\v{}", "[\v]", "\xC2\xA0{}", "[\xC2\xA01]", "\xE2\x80\xA8{}", "{}\x00", "{}\x1A", '{}{}',
	'{}x', '[]1', '1 x', '"a" x', '// c', '/* c */ 1', '[1] // c', '# c', "\r1", "1\r", "\r\n1\r\n", "\n\n1\n\n", "\x7f", "\"\x7f\"", "\"\xC2\x80\"", "\"\xE2\x80\xA8\"",
	"\"\xEF\xBF\xBE\"", "\"\xEF\xBF\xBF\"", "\"\xEF\xB7\x90\"", "\"\xF4\x8F\xBF\xBF\""];
for ($byte = 0; $byte < 256; $byte++) {
	$texts[] = chr($byte);
	$texts[] = '"a' . chr($byte) . 'b"';
	$texts[] = '[1' . chr($byte) . ']';
	$texts[] = '"\\' . chr($byte) . '"';
}
// UTF-8: every lead byte with what may follow it, whole, cut, overlong, surrogate, out of range.
foreach ([0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFC, 0xFE, 0xFF] as $lead) {
	foreach (['', "\x80", "\xBF", "\x7F", "\xC0"] as $second) {
		foreach (['', "\x80", "\xBF", 'a'] as $third) {
			foreach (['', "\x80", "\xBF"] as $fourth) {
				$texts[] = '"' . chr($lead) . $second . $third . $fourth . '"';
			}
		}
	}
	foreach ([0x8F, 0x90, 0x9F, 0xA0] as $second) {
		$texts[] = '"' . chr($lead) . chr($second) . '"';
		$texts[] = '"' . chr($lead) . chr($second) . "\x80\"";
		$texts[] = '"' . chr($lead) . chr($second) . "\x80\x80\"";
	}
}
foreach ([1, 63, 64, 65, 127, 128, 129, 255, 256, 510, 511, 512, 513, 514, 600] as $depth) {
	$mixed = fn (int $n, string $leaf) => array_reduce(range(1, $n), fn ($inner, $i) => $i % 2 ? "[$inner]" : "{\"k\":$inner}", $leaf);
	$texts[] = str_repeat('[', $depth) . str_repeat(']', $depth);
	$texts[] = str_repeat('[', $depth) . '1' . str_repeat(']', $depth);
	$texts[] = str_repeat('[[],', $depth) . '[]' . str_repeat(']', $depth);
	$texts[] = str_repeat('{"a":', $depth) . '1' . str_repeat('}', $depth);
	$texts[] = str_repeat('{"a":', $depth) . '{}' . str_repeat('}', $depth);
	$texts[] = $mixed($depth, '1');
	$texts[] = $mixed($depth, '{}');
	$texts[] = $mixed($depth, '[]');
	$texts[] = str_repeat('[', $depth);
	$texts[] = str_repeat('{"a":', $depth);
	$texts[] = str_repeat('[', $depth) . str_repeat(']', $depth - 1) . '}';
}
$seeds = ['{"order":{"id":123,"lines":[{"sku":"x","qty":2}],"note":"a\u00fc\n"},"ok":true,"n":null}', '[1,-2.5,3e+7,"a\"b\\\\","\ud83d\ude80",{},[]]',
	'{"a":[{"b":{"c":[0.1,false]}}],"d":"Grüße €🚀 and some more plain text"}', ' { "a" : [ 1 , 2 , { } ] , "b" : "x" } ', '[[[[]]],{"a":{}},""]',
	'"plain text of some length, so that whole words are skipped \u0041 here"', '-12.75E-3', '[TRUE,fAlse,NULL]'];
$scraps = ['"', '\\', '{', '}', '[', ']', ':', ',', '0', '1', '-', '+', '.', 'e', 'E', 'u', ' ', "\n", "\t", "\f", "\0", "\x1f", "\x7f", "\x80", "\xC3", "\xC3\xBC", "\xED\xA0\x80",
	"\xE2\x82\xAC", "\xF0\x9F\x9A\x80", '\u', '\ud800', '\udc00', '\u0000', '\u12', 'true', 'N', 'null', '""', '[]', '{}', '"a":1', ',1'];
for ($i = 0; $i < 2600; $i++) {
	$texts[] = mutate($seeds[$i % count($seeds)], $scraps);
}
$rows = [];
foreach (array_unique($texts) as $text) {
	json_decode($text, true);
	$rows[] = [base64_encode($text), json_last_error() === JSON_ERROR_NONE];
}
write('php-json.json', 'Texts in base64, and whether json_decode($text, true) takes them.', $rows);

// --- numeric strings ------------------------------------------------------------------------------------------------

$texts = ['', '0', '00', '-0', '+0', '0.0', '.0', '0.', '.', '-', '+', '+-1', '--1', '- 1', '1', '+1', '-1', ' 1', '1 ', ' 1 ', "\t1", "\n1", "\r1", "\v1", "\f1", "1\t", "1\n", "1\r", "1\v", "1\f",
	"1\0", "\0001", "\xC2\xA01", "1\xC2\xA0", ' ', "\n", '1.', '1. ', '.5', '-.5', '+.5', '.', '-.', '1.5', '1.9', '-1.9', '-0.5', '1..5', '1.5.5', '1e3', '1E3', '1e+3', '1e-3', '1.e3', '.e3', '.5e3',
	'1e', '1e+', '1e-', 'e3', '1e3.5', '1e3e3', '1e 3', ' 1e3 ', '1e400', '-1e400', '1e-400', '1e1000', '1e99999999999999999999', '1e-99999999999999999999', '0e99999', '0x1A', '0b1', '0o7', '017',
	'1_000', '1,000', 'abc', '1abc', 'NAN', 'INF', 'nan', 'inf', 'infinity', '-INF', '1 2', '1  ', "1 \0", '9223372036854775806', '9223372036854775807', '9223372036854775808', '-9223372036854775807', '-9223372036854775808', '-9223372036854775809',
	'+9223372036854775808', ' 9223372036854775807', '9223372036854775807 ', '9223372036854775807.0', '9223372036854775806.9', '9223372036854774784.0', '-9223372036854775808.0', '9.223372036854775807e18', '9.3e18', '-9.3e18', '00009223372036854775807',
	'00009223372036854775808', '0000000000000000000000000000000000001', str_repeat('0', 300) . '7', str_repeat('9', 19), str_repeat('9', 400), '-' . str_repeat('9', 400), '1' . str_repeat('0', 18), '1' . str_repeat('0', 19), '0.' . str_repeat('9', 30),
	'1795516352', '1795516352.7', '1.795516352e9', '17955163520e-1', '1795516352.999999999999', '1795516351.99999999', '179551635200000e-5', '4503599627370497.5', '9007199254740993', '9007199254740993.0', '9007199254740993e0'];
$scraps = [' ', '.', 'e', 'E', '+', '-', '0', '1', '9', "\n", "\0", 'x', 'f', '_', "\v", '00', '99999', '308', "\xff"];
foreach (['1795516352', ' 12.5e3', '-9223372036854775808', '.5E-7', '9223372036854775807.0', '000123 ', '1e18'] as $seed) {
	for ($i = 0; $i < 140; $i++) {
		$texts[] = mutate($seed, $scraps);
	}
}
$rows = [];
foreach (array_unique($texts) as $text) {
	$rows[] = [base64_encode($text), is_numeric($text) ? (string) (int) $text : null];
}
write('php-numeric.json', 'Texts in base64, and the integer they are cast to, or null where is_numeric() says no.', $rows);
