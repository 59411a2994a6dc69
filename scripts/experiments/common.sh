# Shared by the experiments: trains, exports and scores models of a published study, then draws and tabulates.  Sourced.
#
# Options of every experiment:
#   --model_num RANGE   models of the study by number: 3, 0-9, or 0-9,20-29 (default: all that the experiment needs)
#   --steps N           train for N steps instead of the published number; the tables then say nothing about the paper
#   --output FOLDER     where the runs go (default: output/STUDY)
#   --list              print the models' numbers and bindings, and stop
#   BINDING             gin bindings of the training, such as 'jlonevae.jacobian_batch_size = 4'

source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

# numbers RANGE: the numbers of a range such as 0-2,7, one per line.
numbers() {
    local part
    for part in ${1//,/ }; do
        [[ $part =~ ^[0-9]+(-[0-9]+)?$ ]] || fail "--model_num $1: expected numbers and ranges such as 3, 0-9 or 0-9,20-29."
        seq "${part%-*}" "${part#*-}"
    done
}

# experiment STUDY DEFAULT_RANGE ARGUMENTS...: runs the models; sets $output.  A failed model is named at the end.
experiment() {
    local study=$1 range=$2 failed=() bindings=() only_list= number
    shift 2
    output=output/$study
    while [ $# -gt 0 ]; do
        case $1 in
            --help) usage; sed -n '3,9{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
            --list) only_list=yes; shift; continue ;;
            --model_num | --steps | --output) [ $# -ge 2 ] || fail "$1 needs a value; see --help." ;;&
            --model_num) range=$2; shift 2 ;;
            --steps) bindings+=("model.training_steps = $2"); shift 2 ;;
            --output) output=$2; shift 2 ;;
            *=*) bindings+=("$1"); shift ;;
            *) fail "$1 is neither an option nor a binding; see --help." ;;
        esac
    done
    range=$(numbers "$range") || exit 2
    use_environment
    export PATH
    if [ -n "$only_list" ]; then unbraid-reproduce --study "$study" --list; exit 0; fi
    for number in $range; do
        say "$study $number"
        unbraid-reproduce --study "$study" --model_num "$number" --output_directory "$output/$number" \
            ${bindings[@]+--gin_bindings "${bindings[@]}"} || failed+=("$number")
    done
    [ ${#failed[@]} -eq 0 ] || fail "Models that failed: ${failed[*]}. The same command continues with them."
}

# compare GROUP_KEYS OPTIONS...: the paper's table and figure of all runs below $output.
compare() {
    local keys=$1
    shift
    # shellcheck disable=SC2086  # several keys
    unbraid-aggregate --result_file_pattern "$output" --group_by $keys --table "$output/table.md" "$output/table.tex" \
        --figure "$output/figure.pdf" "$output/figure.png" "$@"
}
