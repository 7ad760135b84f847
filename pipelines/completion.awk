# completion.awk: a program's --help as its completion for bash or zsh (-v shell=bash). An operand in capitals that is a
# file completes to files, one like mel|linear to its words, any other to nothing.

NR == 1 { name = $2; files = /FILE|MODEL|STREAM|LOG/ }
/^ +-/ {
    count++
    letter[count] = /^  -/ ? substr($1, 1, 2) : ""
    long[count] = letter[count] ? $2 : $1
    text = $0
    sub(/^ *(-.,)? *--[^ ]+/, "", text)
    if (text ~ /^ [^ ]/) {
        operand[count] = substr(text, 2)
        sub(/ .*/, "", operand[count])
        text = substr(text, 2 + length(operand[count]))
    }
    sub(/^ +/, "", text)
    help[count] = text
    next
}
/^ / { sub(/^ +/, " "); help[count] = help[count] $0 }

function is_file(operand) { return operand ~ /^(FILE|MODEL|STREAM|DIR)$/ }

function words(operand) { gsub(/\|/, " ", operand); return operand }

function bash(  i, both, all, taken, other) {
    printf "# Completion of %s in bash, made from its --help.\n_%s()\n{\n", name, name
    print "    local option=$3 word=$2 files=" (files ? "-" : "+") "\n"
    print "    if [[ $word == = ]]; then word=; elif [[ $option == = ]]; then option=${COMP_WORDS[COMP_CWORD - 2]}; fi"
    print "    COMPREPLY=()\n    case $option in"
    for (i = 1; i <= count; i++) {
        both = (letter[i] ? letter[i] " | " : "") long[i]
        all = all (letter[i] ? letter[i] " " : "") long[i] " "
        if (operand[i] ~ /\|/)
            printf "    %s) files=+ COMPREPLY=($(compgen -W '%s' -- \"$word\")) ;;\n", both, words(operand[i])
        else if (is_file(operand[i]))
            taken = taken (taken ? " | " : "") both
        else if (operand[i])
            other = other (other ? " | " : "") both
    }
    if (taken)
        printf "    %s) files=- ;;\n", taken
    if (other)
        printf "    %s) files=+ ;;\n", other
    printf "    *) [[ $word != -* ]] || COMPREPLY=($(compgen -W '%s' -- \"$word\")) ;;\n    esac\n", all
    printf "    compopt ${files}o default\n}\ncomplete -F _%s %s\n", name, name
}

function zsh(  i, about, action) {
    printf "#compdef %s\n# Completion of %s in zsh, made from its --help.\n_arguments -s -S", name, name
    for (i = 1; i <= count; i++) {
        about = help[i]
        sub(/ ?\((int|real|text|list)\).*/, "", about)
        gsub(/[][\\:]/, "\\\\&", about)
        gsub(/'/, "'\\''", about)
        action = !operand[i] ? "" : operand[i] ~ /\|/ ? ":word:(" words(operand[i]) ")" \
            : ":" operand[i] ":" (is_file(operand[i]) ? "_files" : "")
        printf " \\\n    "
        if (help[i] ~ /\(list\)/)
            printf "'*'"
        else if (letter[i])
            printf "'(%s %s)'", letter[i], long[i]
        if (letter[i])
            printf "{%s%s,%s%s}", letter[i], operand[i] ? "+" : "", long[i], operand[i] ? "=" : ""
        else
            printf "'%s%s'", long[i], operand[i] ? "=" : ""
        printf "'[%s]%s'", about, action
    }
    print files ? " \\\n    '*:file:_files'" : ""
}

END {
    if (!count) exit 1
    if (shell == "zsh") zsh(); else bash()
}
