"""Shipped configs by the names that people use."""

import pytest

from unbraid.common.configuration.config_names import CONFIG_ROOT, METRICS, TRAININGS, find_config
from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.evaluation.protocol.evaluate import metric_configs
from unbraid.evaluation.protocol.presets import metrics_of_preset
from unbraid.evaluation.protocol.resolved import resolve
from unbraid.evaluation.settings.metric_configs import config_names, find_metric_config
from unbraid.metrics.catalogue import declaration, declarations
from unbraid.training.__main__ import main as train


@pytest.mark.parametrize(("name", "stem"), [
    ("MIG", "mig"), ("factor_vae", "factor_vae_metric"), ("sap", "sap_score"), ("SAP", "sap_score"),
    ("beta_vae", "beta_vae_sklearn"), ("beta-vae", "beta_vae_sklearn"), ("modularity", "modularity_explicitness"),
    ("FactorVAE", "factor_vae_metric"), ("mig.gin", "mig"), ("local_mig_0_1", "local_mig_0_1")])
def test_metrics_are_found_as_people_say_them(name, stem):
    assert find_metric_config(name) == next((CONFIG_ROOT / "evaluation").glob(f"{stem}.gin"))
    assert list(metric_configs([name], [])) == [stem]  # results lie in a folder of the metric's own name


def test_every_alias_leads_to_a_config_and_hides_none():
    stems = {path.stem for folder in METRICS for path in (CONFIG_ROOT / folder).glob("*.gin")}
    assert set(config_names().values()) <= stems
    assert not set(config_names()) & stems


def test_a_name_that_scores_arrays_also_scores_models():
    for name, metric in declarations().items():
        for alias in metric.aliases:
            assert find_metric_config(alias).is_file(), f"{alias} of {name}"
            assert declaration(alias.upper().replace("_", "-")) is metric


# Names by which metrics were found before the declarations listed them.
@pytest.mark.parametrize(("alias", "stem"), {
    "aam": "mig_qzx", "3charm": "dcimig", "unsupervised_metrics": "unsupervised", "udr_sklearn": "udr",
    "beta_vae": "beta_vae_sklearn", "beta_vae_score": "beta_vae_sklearn", "betavae": "beta_vae_sklearn",
    "dci_boosted_trees": "dci", "dci_disentanglement": "dci", "disentanglement": "dci", "completeness": "dci",
    "downstream_task": "downstream_task_boosted_trees", "explicitness_score": "explicitness",
    "factor_vae": "factor_vae_metric", "factor_vae_score": "factor_vae_metric", "factorvae": "factor_vae_metric",
    "fvm": "factor_vae_metric", "infomec_continuous": "infomec", "interventional_robustness": "irs",
    "local_mig": "local_mig_0_1", "local_modularity": "local_modularity_0_1", "m_fvm": "multi_factor_vae",
    "mfvm": "multi_factor_vae", "migsup": "mig_sup", "modularity": "modularity_explicitness",
    "modularity_score": "modularity_explicitness", "mutual_information_gap": "mig", "sap": "sap_score",
    "separated_attribute_predictability": "sap_score", "udr_lasso": "udr", "unfairness": "fairness"}.items())
def test_no_alias_is_lost(alias, stem):
    assert config_names()[alias] == stem


def test_an_alias_is_resolved_without_the_command_line():
    assert resolve(["SAP"]).function.__name__ == "compute_sap"


def test_a_preset_is_told_from_a_metric():
    with pytest.raises(ConfigurationError, match=r"'dlib_2019' is a preset.*give preset=dlib_2019\."):
        metric_configs(["dlib_2019"], [])
    with pytest.raises(UnknownNameError, match=r"'mig' is a metric.*--gin_config mig"):
        metrics_of_preset("mig")


def test_suggestions_are_metrics_where_a_metric_is_wanted():
    with pytest.raises(ConfigurationError, match="Did you mean mig or jemmig") as caught:
        metric_configs(["migg"], [])
    assert "vae_dsprites" not in str(caught.value)


@pytest.mark.parametrize(("name", "folders", "command"), [
    ("mig", TRAININGS, "unbraid-evaluate"), ("pca", TRAININGS, "unbraid-export"),
    ("beta_vae_dsprites_full", METRICS, "unbraid-train")])
def test_a_config_of_another_command_is_refused(name, folders, command):
    with pytest.raises(ConfigurationError, match=rf"is for {command} \(it lies in .*\); expected one of {folders[0]}"):
        find_config(name, folders)


def test_a_training_is_suggested_trainings_alone(tmp_path, capsys):
    assert train(["--gin_config", "beta_tc_vae_dsprite", "--model_dir", str(tmp_path / "model")]) == 2
    assert "Did you mean beta_tc_vae_dsprites_full" in capsys.readouterr().err
    assert train(["--gin_config", "bta_vae", "--model_dir", str(tmp_path / "model")]) == 2
    assert not set(config_names().values()) & set(capsys.readouterr().err.replace("?", "").split())
