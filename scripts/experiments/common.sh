# Shared by the experiments: trains, exports and scores models of a published study, then draws and tabulates.  Sourced.
#
# Options of every experiment:
#   --model_num RANGE   models of the study by number: 3, 0-9, or 0-9,20-29 (default: all that the experiment needs)
#   --steps N           train for N steps instead of the published number; the tables then say nothing about the paper
#   --output FOLDER     where the runs go (default: output/STUDY)
#   --engine ENGINE     where models are trained, and other options of unbraid-study (docs/scaling.md)
#   --list              print the models' numbers and bindings, and stop
#   BINDING             gin bindings of the training, such as 'jlonevae.jacobian_batch_size = 4'

source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

# experiment STUDY DEFAULT_RANGE ARGUMENTS...: runs the models and sets $output.  Failed models are listed at the end.
experiment() {
    local study=$1 range=$2 bindings=() options=()
    shift 2
    output=output/$study
    while [ $# -gt 0 ]; do
        case $1 in
            --help) usage; sed -n '3,10{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
            --list) options+=(--list); shift; continue ;;
            --*) [ $# -ge 2 ] || fail "$1 needs a value; see --help." ;;&
            --model_num) range=$2; shift 2 ;;
            --steps) bindings+=("model.training_steps = $2"); shift 2 ;;
            --output) output=$2; shift 2 ;;
            --engine | --cores_per_task | --shard | --retries | --gpus | --tasks_per_gpu | --partition | --timeout_min | \
                --parallel) options+=("$1" "$2"); shift 2 ;;
            *=*) bindings+=("$1"); shift ;;
            *) fail "$1 is neither an option nor a binding; see --help." ;;
        esac
    done
    use_environment
    export PATH
    if [ "${options[0]:-}" = --list ]; then unbraid-reproduce --study "$study" --list; exit 0; fi
    unbraid-study --study "$study" --model_num "$range" --output_dir "$output" --no_aggregate \
        ${options[@]+"${options[@]}"} ${bindings[@]+--gin_bindings "${bindings[@]}"}
}

# compare GROUP_KEYS OPTIONS...: the paper's table and figure of all runs below $output.
compare() {
    local keys=$1
    shift
    # shellcheck disable=SC2086  # several keys
    unbraid-aggregate --result_file_pattern "$output" --group_by $keys --table "$output/table.md" "$output/table.tex" \
        --figure "$output/figure.pdf" "$output/figure.png" "$@"
}
