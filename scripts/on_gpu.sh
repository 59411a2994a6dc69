#!/usr/bin/env bash
# Tests and measures unbraid on an NVIDIA GPU, part by part, in about ten minutes.
#
#   bash scripts/on_gpu.sh [--pretend] [--wheels DIR] [--out DIR]
#
# --pretend   walk through all parts on the CPU, with small sizes: shows that the script works and measures nothing
# --wheels    install from the wheels in this folder, without an index
# --out       folder for the results (default: output/on_gpu)
#
# Every part has a time limit, and writes DIR/PART.txt while it runs, so a run that is cut keeps what it had.
# DIR/table.md has a row for each part that ended.  Status 1 when a part failed.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

DEVICE=cuda WHEELS='' OUT=$ROOT/output/on_gpu
while [ $# -gt 0 ]; do
    case $1 in
        --pretend) DEVICE=cpu; shift ;;
        --wheels) WHEELS=${2:?--wheels needs a folder}; shift 2 ;;
        --out) OUT=${2:?--out needs a folder}; shift 2 ;;
        --help) usage; exit 0 ;;
        *) fail "Unknown option $1; see bash scripts/on_gpu.sh --help." ;;
    esac
done
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
cd "$ROOT"

# big NUMBER SMALL: the first on a card, the second when pretending.
big() { if [ "$DEVICE" = cuda ]; then echo "$1"; else echo "$2"; fi; }

FAILED=0
# part NAME SECONDS COMMAND...: runs a command with a time limit and adds a row to the table.
part() {
    local name=$1 limit started=$SECONDS status=0
    limit=$(big "$2" $((5 * $2)))
    shift 2
    say "$name (at most $limit s)"
    timeout "$limit" "$@" >"$OUT/$name.txt" 2>"$OUT/$name.err" || status=$?
    case $status in
        0) ;;
        124) echo "cut after $limit s" >>"$OUT/$name.txt"; FAILED=1 ;;
        *) tail -n 5 "$OUT/$name.err" >>"$OUT/$name.txt"; FAILED=1 ;;
    esac
    printf '| %s | %s | %s |\n' "$name" "$((SECONDS - started))" "$status" >>"$OUT/table.md"
    cat "$OUT/$name.txt"
}

if [ -n "$WHEELS" ]; then
    [ -d "$WHEELS" ] || fail "There is no folder $WHEELS; expected the wheels of unbraid[gpu,test] and what they need."
    "${PYTHON:-python3}" -m venv "$VENV"
    "$VENV/bin/python" -m pip install --quiet --no-index --find-links "$WHEELS" 'unbraid[gpu,test]'
    PATH=$VENV/bin:$PATH
else
    use_environment
fi
printf '| part | seconds | status |\n|---|---|---|\n' >"$OUT/table.md"
RUN=$OUT/run

part versions 60 python -c "import sys, torch, onnxruntime
print('torch', torch.__version__, 'for CUDA', torch.version.cuda, '; ONNX Runtime', onnxruntime.__version__)
print('card:', torch.cuda.get_device_name() if torch.cuda.is_available() else 'none')
sys.exit('torch sees no GPU') if '$DEVICE' == 'cuda' and not torch.cuda.is_available() else None"
part tests 150 python -m pytest -q $(big "-m gpu" "-p no:cacheprovider tests/gpu/test_devices.py -k tf32")
part train 60 unbraid-train --overwrite --device "$DEVICE" --model_dir "$RUN/model" --gin_config quickstart_beta_vae \
    --gin_bindings "model.training_steps = $(big 2000 2)" 'model.eval_steps = 1'
part export 90 unbraid-export --overwrite --model_dir "$RUN/model" --output_dir "$RUN/representation"
part codes 60 python benchmarks/on_gpu.py codes "$RUN/representation" --device "$DEVICE" --num_images "$(big 4096 16)"
part encoding 60 python benchmarks/on_gpu.py encoding "$RUN/representation" --device "$DEVICE" \
    --num_images "$(big 100000 16)" --batch_size "$(big 4096 16)"
part steps 120 python benchmarks/train.py $(big "--updates 100" "beta_vae_three_dots --updates 1")
part scores 90 unbraid-evaluate --overwrite --device "$DEVICE" --model_dir "$RUN/representation" \
    --output_dir "$RUN/metrics" $(big "--preset dlib_2019" "--gin_config sap_score --gin_bindings sap_score.num_train=100 sap_score.num_test=50")
say "Results: $OUT/table.md"
cat "$OUT/table.md"
exit $FAILED
