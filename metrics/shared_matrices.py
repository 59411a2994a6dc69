"""Matrices that several metrics return."""

from __future__ import annotations

from .declaration import Matrix

MUTUAL_INFORMATION = Matrix("mutual_information", "Mutual information", "nats", "How much a code knows of a factor.")
IMPORTANCES = Matrix("importances", "DCI importance", "share",
                     "How much a code serves to predict a factor; a factor's sum to 1.")
