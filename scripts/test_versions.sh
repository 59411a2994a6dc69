#!/usr/bin/env bash
# Tests unbraid with other versions of Python and of the libraries, and writes the table in docs/versions.md.
#
#   bash scripts/test_versions.sh [--all] [ENVIRONMENT ...]
#
# ENVIRONMENT  VERSIONS-PYTHON, such as lowest-3.11.  VERSIONS is lowest (constraints-lowest.txt), pinned (constraints.txt)
#              or newest (what pip finds).  Default: lowest-3.11, pinned-3.11, and newest with every Python from 3.11 on
#              that is installed
# --all        the whole suite, instead of the tests on scores, arrays, files and formats
#
# An environment takes 2 to 7 GB; they are kept in VERSIONS_DIR (default: .venv-versions) and made anew when what they
# were made from changed.  A run that was interrupted goes on with the next environment when it is started again with
# the names that are left.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
FOLDER=${VERSIONS_DIR:-$ROOT/.venv-versions}
FAST=(tests/common tests/metrics tests/ground_truth tests/evaluation/test_goldens.py tests/evaluation/test_papers.py
    tests/evaluation/test_study.py tests/evaluation/test_binning.py tests/evaluation/test_degenerate.py
    tests/evaluation/api tests/export/test_exporter.py tests/export/test_foreign.py tests/export/test_foreign_export.py
    tests/training/objectives tests/training/test_train.py tests/training/test_optimizers.py tests/test_pipeline.py)
part=("${FAST[@]}") described="fast part"
if [ "${1:-}" = --all ]; then shift; part=(tests) described="whole suite"; fi

names=("$@")
if [ $# -eq 0 ]; then
    names=(lowest-3.11 pinned-3.11)
    for version in 3.11 3.12 3.13 3.14; do
        if "python$version" -c '' 2>/dev/null; then names+=("newest-$version"); fi
    done
fi

# install NAME: makes the environment FOLDER/NAME.
install() {
    local name=$1 constraints=()
    case $name in
    lowest-*) constraints=(--constraint "$ROOT/constraints-lowest.txt") ;;
    pinned-*) constraints=(--constraint "$ROOT/constraints.txt") ;;
    newest-*) ;;
    *) fail "$name: expected lowest-PYTHON, pinned-PYTHON or newest-PYTHON, such as newest-3.12." ;;
    esac
    local stamp="$FOLDER/$name/.made-from-$(cat "$ROOT/setup.py" "$ROOT"/constraints*.txt | cksum | cut -d' ' -f1)"
    if [ -f "$stamp" ]; then return; fi
    "python${name#*-}" -c '' 2>/dev/null || fail "$name: python${name#*-} is not installed."
    say "Installing $name"
    rm -rf "${FOLDER:?}/$name"
    "python${name#*-}" -m venv "$FOLDER/$name"
    "$FOLDER/$name/bin/python" -m pip install --quiet --upgrade pip
    "$FOLDER/$name/bin/python" -m pip install --quiet ${constraints[@]+"${constraints[@]}"} --editable "$ROOT[$(runtime_extra),test]"
    touch "$stamp"
}

mkdir -p "$FOLDER"
cd "$ROOT"
status=0
for name in "${names[@]}"; do
    install "$name"
    say "Testing $name ($described)"
    python=$FOLDER/$name/bin/python
    "$python" -m pytest -q -n auto --maxprocesses 4 --dist worksteal -p no:cacheprovider \
        --junit-xml "$FOLDER/$name.xml" "${part[@]}" || status=1
    "$python" scripts/versions_table.py row "$name" "$described" "$FOLDER/$name.xml" > "$FOLDER/$name.row"
done
"$python" scripts/versions_table.py write "$FOLDER" "$ROOT/docs/versions.md"
exit $status
