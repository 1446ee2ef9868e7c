//! A row of bars: the messages of the last seconds.

/// The last `width` values as bars, the newest at the right, scaled to the highest of them. If there are fewer values, the left
/// part is blank.
#[must_use]
pub(crate) fn sparkline<I>(values: I, width: usize) -> String
where
    I: DoubleEndedIterator<Item = u64> + Clone,
{
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = values.clone().rev().take(width).max().unwrap_or(0).max(1);
    let mut bars: Vec<char> = values
        .rev()
        .take(width)
        .map(|value| {
            // One message is visible next to a thousand. Only zero is drawn as blank.
            let step = if value == 0 { 0 } else { 1 + u128::from(value - 1) * 7 / u128::from(highest) };
            BARS[usize::try_from(step).unwrap_or(7).min(7)]
        })
        .collect();
    bars.resize(width, ' ');
    bars.into_iter().rev().collect()
}
