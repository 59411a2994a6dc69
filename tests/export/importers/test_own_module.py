"""A state_dict and the class it belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from unbraid.export.__main__ import main

CODE = '''
import torch

class Mine(torch.nn.Module):
    def __init__(self, num_latent):
        super().__init__()
        self.layer = torch.nn.Linear(4096, num_latent)

    def forward(self, images):
        return self.layer(images.flatten(1))
'''


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folder is the current one and holds my_networks.py and weights of three latents."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_networks.py").write_text(CODE)
    torch.save({"layer.weight": torch.zeros(3, 4096), "layer.bias": torch.zeros(3)}, tmp_path / "weights.pt")
    return ["--from", "weights.pt", "--module", "my_networks:Mine", "--output_dir", "out", "--formats", "torchscript"]


def test_a_class_of_ones_own_is_exported(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    bound = ["--gin_bindings", "Mine.num_latent = 3", "--data_set", "threeDots"]
    assert main([*arguments, *bound]) == 0
    assert "mean of 3 latents, images (1, 64, 64)" in capsys.readouterr().out
    assert Path("out/pytorch_model.pt").is_file()


@pytest.mark.parametrize(("more", "message"), [
    ([], "--module needs --data_set"),
    (["--data_set", "threeDots"], "my_networks:Mine cannot be made"),
    (["--data_set", "threeDots", "--gin_bindings", "Mine.num_latent = 4"],
     "misshapen: layer.bias (3,), expected (4,); misshapen: layer.weight (3, 4096), expected (4, 4096)"),
    (["--data_set", "threeDots", "--module", "nowhere:Mine"], "--module nowhere:Mine cannot be imported"),
    (["--data_set", "threeDots", "--module", "torch:Tensor"], "is no torch.nn.Module class"),
])
def test_what_does_not_fit_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str], more: list[str],
                                           message: str) -> None:
    assert main([*arguments, *more]) == 2
    assert message in capsys.readouterr().err
    assert not Path("out").exists()
