#!/usr/bin/env bash
# Type-checks the package with mypy, whatever the checkout is called.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
VENV=${TEST_VENV:-$ROOT/.venv-test}
ensure_environment "$(runtime_extra),dev"

# mypy names modules by folders; the package's name is not that of the checkout.
links=$(mktemp -d)
trap 'rm -rf "$links"' EXIT
ln -s "$ROOT" "$links/unbraid"
cd "$links"
# Python on Windows lacks the most names: what passes there is there on macOS, too, or guarded.
for platform in linux win32; do
    "$VENV/bin/python" -m mypy --platform "$platform" --config-file "$ROOT/pyproject.toml" \
        --cache-dir "$ROOT/.mypy_cache/$platform" \
        -p unbraid.common -p unbraid.metrics -p unbraid.ground_truth -p unbraid.training -p unbraid.export \
        -p unbraid.evaluation -p unbraid.integrations -p unbraid.study
done
# What others build on, and what scores come from, is typed to the last expression.
"$VENV/bin/python" -m mypy --strict --follow-imports=silent --config-file "$ROOT/pyproject.toml" \
    --cache-dir "$ROOT/.mypy_cache/strict" -p unbraid.metrics -p unbraid.common
# A user's program: assert_type fails where a public name has lost its type.
"$VENV/bin/python" -m mypy --strict --follow-imports=silent --config-file "$ROOT/pyproject.toml" \
    --cache-dir "$ROOT/.mypy_cache/strict" unbraid/tests/types/user.py
