# shellcheck shell=bash
_aircheck() {
    local line=${COMP_LINE:0:COMP_POINT} word candidate prefix quote=
    local -a words=()

    # Bash splits words at colons and equals signs. Words without a space between them are joined again.
    for word in "${COMP_WORDS[@]:0:COMP_CWORD}"; do
        if [[ ${#words[@]} -gt 0 && $line == "$word"* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            line=${line#"${line%%[![:space:]]*}"}
            words+=("$word")
        fi
        line=${line#"$word"}
    done
    # The rest of the line up to the cursor is the word to complete, or the end of it.
    if [[ $line == [[:space:]]* ]]; then
        words+=("${line#"${line%%[![:space:]]*}"}")
    else
        words[${#words[@]} - 1]+=$line
    fi

    # Bash replaces only $2, the last part of the word, after an open quote.
    word=${words[${#words[@]} - 1]}
    if [[ $word == [\'\"]* ]]; then
        quote=${word:0:1} word=${word:1}
        words[${#words[@]} - 1]=$word
    fi
    prefix=${word%"$2"}
    COMPREPLY=()
    while IFS= read -r candidate; do
        [[ $candidate == "$prefix"* && $candidate != *[[:cntrl:]]* ]] || continue
        candidate=${candidate#"$prefix"}
        if [[ $quote ]]; then
            [[ $candidate != *[\'\"\\\$\`!]* ]] || continue
        elif [[ $candidate == *[!a-zA-Z0-9_./:=@%+,~-]* ]]; then
            printf -v candidate '%q' "$candidate"
            candidate=${candidate/#\\~/\~}
        fi
        COMPREPLY+=("$candidate")
    done < <(_AIRCHECK_COMPLETE=bash _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) \
        aircheck -- "${words[@]}" 2>/dev/null && echo)
    if [[ ${COMPREPLY[0]-} == *[=/:~] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
# Without candidates, bash completes file names.
complete -o default -o nosort -F _aircheck aircheck 2>/dev/null || complete -o default -F _aircheck aircheck
