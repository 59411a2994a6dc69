# unbraid in a container, for the CPU or for an NVIDIA GPU; the build compiles what the first score would compile.
#
#   docker build --tag unbraid .
#   docker build --tag unbraid:gpu --build-arg EXTRA=gpu .
#   docker run --rm --volume "$PWD:/work" unbraid evaluate --model_dir model.onnx --output_dir scores
#   docker run --rm --gpus all --volume "$PWD:/work" unbraid:gpu train --gin_config jlonevae_three_dots --model_dir run/model
#
# Files are written as root: add --user "$(id -u):$(id -g)" to write them as yourself.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim

# cpu or gpu: which torch and which ONNX Runtime.
ARG EXTRA=cpu
# CUDA's libraries come with torch's wheels from the package index; its CPU build has an index of its own.
ARG CPU_WHEELS=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/var/cache/unbraid

COPY constraints.txt /tmp/constraints.txt
RUN if [ "$EXTRA" = cpu ]; then set -- --index-url "$CPU_WHEELS"; fi \
    && pip install --constraint /tmp/constraints.txt "$@" torch
COPY . /tmp/unbraid
RUN pip install --constraint /tmp/constraints.txt "/tmp/unbraid[${EXTRA}]" && rm -r /tmp/unbraid /tmp/constraints.txt \
    && mkdir -p "$NUMBA_CACHE_DIR" && unbraid-warmup && chmod -R a+rwX "$NUMBA_CACHE_DIR"

WORKDIR /work
ENTRYPOINT ["unbraid"]
CMD ["--help"]
