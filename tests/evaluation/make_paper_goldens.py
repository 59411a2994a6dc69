"""Records scores of papers' own code: `PYTHONPATH=CLONE python make_paper_goldens.py SOURCE [SOURCE ...]`.

source                clone                                                  beside
cfasl                 GIST-IRR/CFASL                                         torch, scikit-learn, tqdm
mipet                 GIST-IRR/MIPET-VAEs                                    the same
clgvae                zhuxinqimac/CommutativeLieGroupVAE-Pytorch             the same, absl-py, six
disent                nmichlo/disent                                         the same
review                ubisoft/ubisoft-laforge-disentanglement-metrics, src   scikit-learn 1.4.2, numpy < 2, pyitlib
review_sampled        the same                                               scikit-learn
infomec               kylehkhsu/latent_quantization, disentangle/metrics     scikit-learn 1.4.2, numpy < 2
jl1                   travers-rhodes/jlonevae, disentanglement_lib           scikit-learn 1.4.2, numpy < 2, gin-config
disentangling_vae     YannDubs/disentangling-vae                             torch
dci_es                andreinicolicioiu/DCI-ES, and its src                  scikit-learn

scikit-learn 1.4 is the last that knows the old argument `multi_class`.  All global streams are seeded with the case's
seed.  Where a source cannot run as it is, `repaired` says in one line what is changed.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import json
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from metric_worlds import WORLDS, World, representation  # noqa: E402
from paper_cases import (  # noqa: E402
    NUM_POINTS,
    NUM_PROBE_TREES,
    PAPERS,
    PROBE_CASES,
    PROBE_DEPTHS,
    curve,
    drawn_points,
    places,
    posterior,
    probe_points,
)


def codes_of(world: str, name: str, images: Any) -> Any:
    """Codes as a torch tensor of images (n, 1, 1, 1), also a tensor."""
    import torch

    return torch.from_numpy(representation(world, name)(images.reshape(-1, 1, 1, 1).numpy()).copy())


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds mocks for packages that sources import and do not need for their scores."""

    def __init__(self, *packages: str):
        self.packages = packages

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return importlib.machinery.ModuleSpec(name, self) if name.startswith(self.packages) else None

    def create_module(self, spec: Any) -> Any:
        module = mock.MagicMock(__name__=spec.name, __path__=[], __spec__=spec)
        module.__all__ = []
        return module

    def exec_module(self, module: Any) -> None:
        pass


# --- CFASL and MIPET -------------------------------------------------------------------------------------------------


def image_loader(base: type, world: World, seed: int, num_factors: int) -> Any:
    import torch

    class Loader(base):
        def __init__(self):  # the source's reads a file
            self.data = world.images(np.arange(world.num_images))
            self.latents_classes = world.grid_values()
            self.factor_num, self.random_seed = num_factors, seed

        def __getitem__(self, index):
            return torch.Tensor(self.data[index]), torch.Tensor(self.latents_classes[index])

    return Loader()


def image_model(world: str, name: str) -> Any:
    import torch

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.parameter = torch.nn.Parameter(torch.zeros(1))

        def forward(self, images, loss_fn):
            return None, (codes_of(world, name, images),)

    return Model()


def cfasl(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    np.asscalar = lambda value: value.item()  # repaired: gone from numpy
    from dataset.dsprites import dstripeDataLoader
    from src.disent_metrics import betavae, dci, fvm, mfvm, mig, sap
    from src.disent_metrics import utils as sampling
    from src.seed import set_seed

    arguments = types.SimpleNamespace(seed=seed, n_gpu=0)
    loader = image_loader(dstripeDataLoader, WORLDS[world], seed, len(WORLDS[world].sizes))
    model = image_model(world, name)
    set_seed(arguments)

    def latents(iterations: int) -> Any:
        return sampling.latents_and_factors(loader, model, 64, iterations, None, arguments)

    if metric == "factor":
        return fvm.FactorVAEMetric(loader, model, 100, 200, None, arguments)
    if metric == "mfvm_2":
        return mfvm.mFVM(loader, model, 100, 200, None, 2, arguments)
    if metric == "beta_vae":
        return {"eval_accuracy": betavae.compute_beta_vae(loader, model, 64, 200, 50, None, arguments)}
    if metric == "sap":
        return {"sap": sap.SAP(*latents(10), *latents(5), arguments)}
    if metric == "dci":
        found = dci.metric_dci(*latents(5), *latents(2), arguments)
        return dict(zip(("train_err", "test_err", "disent", "comple"), found, strict=True))
    return {"mig": mig.MIGMetric(*latents(10))}


def mipet(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    from src.dataloaders import dstripeDataLoader
    from src.disentangle_metrics import FVM, MIG

    loader = image_loader(dstripeDataLoader, WORLDS[world], seed, len(WORLDS[world].sizes))
    model = image_model(world, name)
    np.random.seed(seed)
    if metric == "mig":
        return {"mig": MIG.MIGMetric(loader, model, 100, 10, None)}
    with mock.patch.object(FVM.np.random, "seed"):  # repaired: no seeding by the clock within a vote
        return FVM.FactorVAEMetric(loader, model, 100, 200, None)


# --- the Commutative Lie Group VAE -----------------------------------------------------------------------------------


def clgvae(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    import torch

    for method in ("to", "cuda"):  # repaired: no GPU
        setattr(torch.Tensor, method, lambda self, *arguments, **options: self)
    import metrics

    grid = WORLDS[world]

    class Data:
        latents_sizes = np.array(grid.sizes)

        def sample_latent(self):  # as the source's data sets: one scalar a factor
            return np.array([np.random.randint(0, size) for size in self.latents_sizes])

        def get_img_by_latent(self, latent):
            return torch.from_numpy(grid.images(places(grid, latent[np.newaxis]))[0]), latent

    model = types.SimpleNamespace(encode=lambda images: codes_of(world, name, images), unwrap=lambda codes: (codes,))
    sizes = {"num_points": 200}
    found = {
        "factor": lambda: metrics.FactorVAEMetric(Data(), 100, 60, 16, fixed_shape=False, n_var_est=200),
        "beta": lambda: metrics.BetaVAEMetric(Data(), num_points=100, fixed_shape=False),
        "mig": lambda: metrics.MigMetric(Data(), **sizes),
        "dci": lambda: metrics.DciMetric(Data(), **sizes),
        "modularity": lambda: metrics.Modularity(Data(), **sizes),
        "sap": lambda: metrics.SapMetric(Data(), **sizes),
        "unsupervised": lambda: metrics.UnsupervisedMetrics(Data(), **sizes),
        "leakage": lambda: metrics.FLMetric(Data(), **sizes),
    }
    from sklearn import linear_model

    def without_penalty(penalty, multi_class, solver):  # repaired: scikit-learn's new words for the same model
        return original(C=np.inf, solver=solver)

    original = linear_model.LogisticRegression
    np.random.seed(seed)
    if metric == "beta":
        with mock.patch.object(sys.modules["metrics.beta"].linear_model, "LogisticRegression", without_penalty):
            return found[metric]()(model)
    return found[metric]()(model)


# --- disent ----------------------------------------------------------------------------------------------------------


def disent(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    import torch
    from disent import metrics
    from disent.dataset import DisentDataset
    from disent.dataset.data import GroundTruthData

    grid = WORLDS[world]

    class Data(GroundTruthData):
        name = "world"
        factor_names = tuple(f"factor_{index}" for index in range(len(grid.sizes)))
        factor_sizes = grid.sizes
        img_shape = (1, 1, 1)

        def _get_observation(self, index):
            return torch.from_numpy(grid.images(np.array([index]))[0])

    data = DisentDataset(Data())
    metrics._factored_components.ReconLossHandler = type("Nothing", (), {})  # of a part that is mocked
    triplets = np.random.RandomState(seed)

    def randint(low, high, size, device=None):  # repaired: triplets from a stream that numpy has too
        return torch.from_numpy(triplets.randint(low, high, size=size))

    def encode(images):
        return codes_of(world, name, images)

    np.random.seed(seed)
    with mock.patch.object(torch, "randint", randint):
        if metric == "factor_vae":
            return metrics.metric_factor_vae(data, encode, batch_size=16, num_train=100, num_eval=60,
                                             num_variance_estimate=200)
        if metric == "mig":
            return metrics.metric_mig(data, encode, num_train=200)
        if metric == "flatness":
            return metrics.metric_flatness(data, encode, repeats=12)
        if metric == "distances":
            return metrics.metric_distances(data, encode, repeats=12, num_samples=16, global_subset_size=8)
        return metrics.metric_linearity(data, encode, repeats=12)


# --- the review of Carbonneau et al. ---------------------------------------------------------------------------------


def sample(world: str, name: str, seed: int, number: int) -> tuple[np.ndarray, np.ndarray, np.random.RandomState]:
    """Factors, codes and the stream after them, drawn as unbraid draws a labelled sample."""
    stream = np.random.RandomState(seed)
    factors = drawn_points(WORLDS[world], number, stream)
    return factors, representation(world, name).codes[places(WORLDS[world], factors)].astype(np.float32), stream


def review(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    factors, codes, _ = sample(world, name, seed, NUM_POINTS)
    function = getattr(importlib.import_module(f"metrics.{metric}"), metric)
    options = {"diff_quantile": 1.0, "continuous_factors": True} if metric == "irs" else {"continuous_factors": False}
    return {"score": function(factors, codes, nb_bins=10, **options)}


def review_sampled(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    sys.modules.setdefault("numpy.core.numeric", types.SimpleNamespace(NaN=np.nan))  # repaired: moved in numpy 2
    if metric.startswith("dci"):
        factors, codes, _ = sample(world, name, seed, 300)
        np.random.seed(seed)
        scores = importlib.import_module("metrics.dci").dci(factors, codes, model=metric.removeprefix("dci_"))
        return dict(zip(("disentanglement", "completeness", "informativeness"), scores, strict=True))
    factors, codes, stream = sample(world, name, seed, NUM_POINTS)
    np.random.set_state(stream.get_state())
    module = importlib.import_module(f"metrics.{metric}")
    options = {"batch_size": 20, "nb_training": 60, "nb_eval": 50, "continuous_factors": False}
    if metric != "z_diff":
        options |= {"nb_variance_estimate": 300, "std_threshold": 0.02}
    if metric == "z_max_var":  # repaired: numpy's stream, and rows in order, for Python's own and the order of a set
        module.random.choice = lambda items: items[np.random.randint(len(items))]
        original = module._get_discrete_factor_values_lines_idx
        module._get_discrete_factor_values_lines_idx = lambda *arguments: sorted(original(*arguments))
    return {"score": getattr(module, metric)(factors, codes, **options)}


# --- the others ------------------------------------------------------------------------------------------------------


def infomec(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    import infomec as source

    factors, codes, _ = sample(world, name, seed, 500)
    np.random.seed(seed)
    found = source.compute_infomec(factors, codes, metric == "discrete")
    return {key: found[key] for key in ("infom", "infoe", "infoc")}


def jl1(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    import make_goldens
    from metric_worlds import PUBLISHED

    make_goldens.accept_old_names()
    if metric == "beta_vae":  # the solver and the scheme that were scikit-learn's default then
        from sklearn import linear_model
        original = linear_model.LogisticRegression
        with mock.patch.object(linear_model, "LogisticRegression", lambda random_state: original(
                solver="liblinear", multi_class="ovr", random_state=random_state)):
            return make_goldens.score(PUBLISHED["beta_vae_sklearn"], (world, name, seed))
    return make_goldens.score(PUBLISHED[metric], (world, name, seed))


def disentangling_vae(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    import inspect

    import torch
    from disvae import evaluate as source

    # repaired: samples are transposed, not reinterpreted; no more of them than there are; an index that torch takes
    text = inspect.getsource(source).replace(".view(latent_dim, n_samples)\n", ".t()\n", 1).replace(
        "        # sample from p(z|x)\n", "        n_samples = min(n_samples, len_dataset)\n").replace(
        "[idcs].contiguous()", "[tuple(idcs)].contiguous()").replace("n_samples=10000", "n_samples=50")
    exec(compile(text, source.__file__, "exec"), source.__dict__)
    grid, stream = WORLDS[world], np.random.RandomState(seed)
    means, log_variances = map(torch.from_numpy, posterior(representation(world, name).codes))
    noise = torch.from_numpy(stream.standard_normal(means.shape)).float()  # repaired: noise is drawn at all
    evaluator = types.SimpleNamespace(
        logger=mock.MagicMock(), is_progress_bar=True, device="cpu", save_dir=".",
        _compute_q_zCx=lambda loader: (means + torch.exp(log_variances / 2) * noise, (means, log_variances)))
    for method in ("_estimate_latent_entropies", "_estimate_H_zCv", "_mutual_information_gap", "_axis_aligned_metric"):
        setattr(evaluator, method, types.MethodType(getattr(source.Evaluator, method), evaluator))
    loader = types.SimpleNamespace(dataset=types.SimpleNamespace(
        lat_sizes=np.array(grid.sizes), lat_names=[str(size) for size in grid.sizes]))
    with mock.patch.object(torch, "randperm", lambda number, device=None: torch.from_numpy(
            stream.permutation(number))), mock.patch.object(torch, "save"):
        return source.Evaluator.compute_metrics(evaluator, loader)


def dci_es(metric: str, world: str, name: str, seed: int) -> dict[str, Any]:
    from metrics.explitcitness import Explitcitness

    capacities, losses, baseline = curve(seed)
    source = Explitcitness()
    source.add_curve(capacities, losses, baseline)
    return {"E": source.get_explitcitness()["curve"]}


def record_probes() -> dict[str, Any]:
    """Scores of every factor and DCI of the random forests of DCI-ES, for each depth."""
    sys.modules["loss_capacity.utils"] = utilities = types.ModuleType("loss_capacity.utils")
    utilities.__dict__["get_representations_split"] = lambda model, points, device, number: points.arrays
    from loss_capacity.train_model_random_forest import train_test_random_forest

    def loader(codes: np.ndarray, factors: np.ndarray, sizes: np.ndarray) -> Any:
        dataset = mock.MagicMock(_factor_sizes=sizes, _factor_discrete=[True] * len(sizes),
                                 _factor_names=list(map(str, range(len(sizes)))),
                                 arrays=(codes, (factors / (sizes - 1)).astype(np.float32)))
        dataset.__len__.return_value = len(codes)
        return types.SimpleNamespace(dataset=dataset)

    found = {}
    for world, name, seed in PROBE_CASES:
        train, test = (loader(*points, np.array(WORLDS[world].sizes)) for points in probe_points(world, name, seed))
        for depth in PROBE_DEPTHS:
            with tempfile.TemporaryDirectory() as folder:
                _, _, _, scores, dci = train_test_random_forest(
                    None, train, test, test, "tree_ens_rf", None, depth, NUM_PROBE_TREES, seed,
                    tb_writer=mock.MagicMock(), savefolder=folder)
            found[f"{world}/{name}/{seed}/{depth}"] = {"scores": list(map(float, scores)), **{
                key: float(dci[key]) for key in ("disentanglement", "completeness")}}
    return found


SOURCES: dict[str, Callable[[str, str, str, int], dict[str, Any]]] = {
    function.__name__: function for function in (
        cfasl, mipet, clgvae, disent, review, review_sampled, infomec, jl1, disentangling_vae, dci_es)}
ABSENT = {
    "cfasl": ("torchvision",), "mipet": ("torchvision", "PIL", "h5py"),
    "clgvae": ("metrics.measure_independence", "metrics.downstream"),
    "disent": ("torchvision", "h5py", "lightning", "kornia", "imageio", "psutil", "disent.frameworks"),
    "review": ("matplotlib",), "review_sampled": ("matplotlib", "pyitlib"), "infomec": (),
    "jl1": ("tensorflow",), "disentangling_vae": ("imageio", "PIL", "torchvision", "skimage", "pandas", "seaborn"),
    "dci_es": ("sage", "xgboost"),
}


def record(source: str) -> None:
    sys.meta_path.insert(0, Absent(*ABSENT[source]))
    path = FOLDER / "goldens" / "papers.json"
    import sklearn

    for metric, paper in PAPERS[source].items():
        start, found = time.time(), {}
        for case in paper.cases:
            scores = SOURCES[source](metric, *case)
            found["/".join(map(str, case))] = {key: float(scores[key]) for key in paper.keys.values()}
        recorded = json.loads(path.read_text()) if path.is_file() else {}
        recorded.setdefault(source, {})[metric] = found
        recorded[source]["versions"] = {"numpy": np.__version__, "scikit-learn": sklearn.__version__}
        path.write_text(json.dumps(recorded, indent=0, sort_keys=True) + "\n")
        print(f"{source} {metric}: {len(paper.cases)} cases, {time.time() - start:.0f} s", flush=True)
    if source == "dci_es":
        recorded = json.loads(path.read_text())
        recorded[source]["probes"] = record_probes()
        path.write_text(json.dumps(recorded, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    for chosen in sys.argv[1:]:
        record(chosen)
