"""Packaging: the repository root is the package `unbraid`, so nothing generic lands at the top of site-packages."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = (ROOT / "__init__.py").read_text(encoding="utf-8").split('__version__ = "')[1].split('"')[0]
FLOORS = find_packages(where=str(ROOT), include=["common*", "metrics*", "ground_truth*", "training*", "export*",
                                                 "evaluation*", "integrations*", "study*"])

# Scores of arrays need none of these.
TORCH = ["torch>=2.9", "onnx>=1.21", "onnxscript>=0.7", "tensorboard>=2.18"]
TEST = ["pytest>=8", "pytest-xdist>=3.6", "hypothesis>=6", "setuptools>=77", "wheel>=0.43", "pyarrow>=15",
        "selenium>=4.20", "argcomplete>=3.1", "safetensors>=0.4"]
DOCS = ["sphinx>=8", "furo>=2024.8.6", "myst-parser>=4", "sphinx-copybutton>=0.5"]
# A package index has no docs/ folder, so relative links of the README become plain text there.
DESCRIPTION = re.sub(r"\[([^\]]+)\]\((?!https?://)[^)]+\)", r"\1", (ROOT / "README.md").read_text(encoding="utf-8"))

setup(
    name="unbraid",
    version=VERSION,
    description="Train, export and score disentangled representations: disentanglement_lib's numbers, for PyTorch.",
    long_description=DESCRIPTION,
    long_description_content_type="text/markdown",
    author="The unbraid authors",
    project_urls={
        "Reference implementation": "https://github.com/google-research/disentanglement_lib",
        "JL1-VAE and local metrics": "https://arxiv.org/abs/2106.02923",
    },
    keywords=["disentanglement", "representation learning", "variational autoencoder", "metrics"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    package_dir={"unbraid": "."},
    packages=["unbraid", *(f"unbraid.{package}" for package in FLOORS)],
    package_data={"unbraid": ["py.typed", "gin_configs/**/*.gin",
                              "evaluation/reporting/pages/templates/*",
                              "evaluation/reporting/citing/papers.bib"]},
    install_requires=[
        "numpy>=1.26",
        "h5py>=3.11",
        "gin-config>=0.5,<0.6",
        "scikit-learn>=1.5",
        "scipy>=1.11",
        "joblib>=1.3",
        "threadpoolctl>=3.1",
        "numba>=0.60",
        "pillow>=10",
        "matplotlib>=3.8",
        "tqdm>=4.66",
        "pandas>=2.1",
        "jinja2>=3.1",
    ],
    extras_require={
        # The two ONNX Runtimes own the same import name: install one of them, never both.
        "cpu": [*TORCH, "onnxruntime>=1.20"],
        "gpu": [*TORCH, "onnxruntime-gpu>=1.20"],
        "torch": TORCH,
        # For disentanglement_lib's TF1 Hub modules; only their variables are read.
        "tensorflow": [*TORCH, "tensorflow-cpu>=2.18.1"],
        # For checkpoints in Hugging Face's format.
        "safetensors": [*TORCH, "safetensors>=0.4"],
        # Engines of unbraid-study.
        "dask": ["distributed>=2024.8"],
        "ray": ["ray>=2.10"],
        "slurm": ["submitit>=1.5"],
        # Scores in the training loops of other libraries.
        "lightning": [*TORCH, "lightning>=2.2"],
        "transformers": [*TORCH, "transformers>=4.46", "accelerate>=1.0"],
        # Trackers of our own training.
        "mlflow": [*TORCH, "mlflow>=2.14"],
        "wandb": [*TORCH, "wandb>=0.19.8"],
        "parquet": ["pyarrow>=15"],
        "completion": ["argcomplete>=3.1"],
        # Executes the notebooks.
        "examples": ["nbclient>=0.10", "nbformat>=5.10", "ipykernel>=6.29"],
        "test": TEST,
        "docs": DOCS,
        "dev": [*TEST, *DOCS, "ruff>=0.9", "mypy>=1.14", "build>=1.2"],
    },
    entry_points={
        "console_scripts": [
            "unbraid=unbraid.common.console:main",
            "unbraid-data=unbraid.common.console:data",
            "unbraid-train=unbraid.common.console:train",
            "unbraid-reproduce=unbraid.common.console:reproduce",
            "unbraid-export=unbraid.common.console:export",
            "unbraid-evaluate=unbraid.common.console:evaluate",
            "unbraid-study=unbraid.common.console:study",
            "unbraid-aggregate=unbraid.common.console:aggregate",
            "unbraid-report=unbraid.common.console:report",
            "unbraid-warmup=unbraid.common.console:warmup",
            "unbraid-visualize=unbraid.common.console:visualize",
        ]
    },
)
