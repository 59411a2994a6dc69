"""ControlVAE (Shao et al. 2020, arXiv:2004.05988): a controller keeps the KL at a set point."""

from __future__ import annotations

import math

import gin
import torch

from ...common.errors import UnknownNameError
from ..posterior import Posterior
from .objective import Terms, VAEObjective
from .registry import method

SETPOINTS = ("step", "linear")
CONTROLLERS = ("paper", "cfasl")


@method("control_vae")
class ControlVAE(VAEObjective):
    """reconstruction + beta_t KL, with beta_t from a non-linear PI controller of the error e_t = v_t - KL_t (sec. 3.2):

    beta_t = clamp(k_p / (1 + exp(e_t)) + I_t + beta_min, beta_min, beta_max),  I_t = I_{t-1} - k_i e_t.
    I stands still while the output is out of its range.  A KL above the set point raises beta."""

    integral: torch.Tensor
    output: torch.Tensor

    def __init__(self, c_max: float = gin.REQUIRED, k_p: float = 0.01, k_i: float = 0.001, beta_min: float = 1.0,
                 beta_max: float = math.inf, setpoint: str = "step", setpoint_start: float = 0.5,
                 setpoint_steps: int = 5000, controller: str = "paper"):
        """c_max: the set point in the end, in nats.  setpoint: 'step' raises it by 0.15 every `setpoint_steps` steps,
        'linear' reaches c_max after `setpoint_steps` steps.  controller: 'cfasl' compares its range with 0 instead of
        the last output, as CFASL's code does, so that with beta_min > 0 the integrator never moves, and lets gradients
        pass through beta."""
        super().__init__()
        if setpoint not in SETPOINTS:
            raise UnknownNameError("control_vae.setpoint", setpoint, SETPOINTS)
        if controller not in CONTROLLERS:
            raise UnknownNameError("control_vae.controller", controller, CONTROLLERS)
        self.c_max, self.k_p, self.k_i = c_max, k_p, k_i
        self.beta_min, self.beta_max = beta_min, beta_max
        self.setpoint, self.setpoint_start, self.setpoint_steps = setpoint, setpoint_start, setpoint_steps
        self.controller = controller
        self.register_buffer("integral", torch.zeros(()))
        self.register_buffer("output", torch.full((), beta_min))  # unclamped, of the last training step

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        kl, target = posterior.kl(), self.target(step)
        output = self.output
        if self.training:
            self._control(target - kl.detach())
            if self.controller == "cfasl":  # reference: its error is not detached, so gradients pass through beta
                output = self._output_for(target - kl)
        beta = output.clamp(self.beta_min, self.beta_max)
        return beta * kl, {"beta": beta.detach().clone(), "set_point": target}

    def target(self, step: int) -> float:
        """The set point v_t in nats."""
        if self.setpoint == "step":
            return min(self.setpoint_start + 0.15 * (step // self.setpoint_steps), self.c_max)
        return self.setpoint_start + (self.c_max - self.setpoint_start) * min(step / self.setpoint_steps, 1.0)

    def _control(self, error: torch.Tensor) -> None:
        previous = self.output if self.controller == "paper" else torch.zeros_like(self.output)
        within = (previous >= self.beta_min) & (previous <= self.beta_max)
        self.integral -= torch.where(within, self.k_i * error, 0.0)
        self.output.copy_(self._output_for(error))

    def _output_for(self, error: torch.Tensor) -> torch.Tensor:
        return self.k_p * torch.sigmoid(-error) + self.integral + self.beta_min
