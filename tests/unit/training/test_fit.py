import math

import numpy as np
import pytest
import torch

from tests.unit.training.panels import panel_of, sinusoids
from tsflow.config import Training
from tsflow.errors import DataError, TrainingError
from tsflow.panel import Panel
from tsflow.training import Fitted, Pairs, Recipe, fit, make_spec, predict
from tsflow.training.fit import planned_steps
from tsflow.training.losses import QuantileLoss

CPU = torch.device("cpu")
HORIZON, SEASON, LENGTH = 6, 6, 120
RECIPE = Recipe("log", token=6, context=12)
PANEL = sinusoids(count=4, length=LENGTH, season=SEASON, noise=0.3)
QUICK = Training(min_steps=20, max_steps=20, batch_size=16)


def spec_of(architecture: str, training: Training = QUICK, panel: Panel = PANEL):
    recipe = RECIPE if training.stage else Recipe("none", token=1, context=12)
    return make_spec(
        panel, recipe, season_length=SEASON, horizon=HORIZON, architecture=architecture, stage=training.stage
    )


def pairs_at(cutoff: int, panel: Panel = PANEL) -> Pairs:
    return Pairs(np.arange(len(panel)), np.full(len(panel), cutoff))


def tuned(architecture: str, training: Training = QUICK, **options) -> Fitted:
    """Fit on all but the last two horizons, tune on the one before the last."""
    cutoff = LENGTH - 1 - 2 * HORIZON
    return fit(
        PANEL,
        spec_of(architecture, training),
        training,
        device=CPU,
        last_target=np.full(len(PANEL), cutoff),
        tune=pairs_at(cutoff),
        pair_scale=np.ones(len(PANEL)),
        **options,
    )


def weights(fitted: Fitted) -> list[torch.Tensor]:
    return list(fitted.model.state_dict().values())


def test_a_gru_learns_a_noisy_sinusoid_that_seasonal_naive_gets_wrong():
    panel = sinusoids(count=3, length=400, season=17, noise=0.1)  # not the season that is configured
    training = Training(min_steps=80, max_steps=80, batch_size=32)
    fitted = fit(panel.until(np.full(3, 300)), spec_of("gru", training, panel), training, device=CPU)
    cutoffs = np.arange(300, 394)
    pairs = Pairs(np.repeat(np.arange(3), len(cutoffs)), np.tile(cutoffs, 3))
    median = predict(fitted.model, fitted.spec, panel, pairs, device=CPU)[:, :, 4]  # [P, H]
    rows = panel.values.reshape(3, 400)[pairs.series[:, None], pairs.cutoff[:, None] + np.arange(-5, 7)]
    naive, actual = rows[:, :SEASON], rows[:, SEASON:]
    assert np.abs(median - actual).mean() < 0.3 * np.abs(naive - actual).mean()


@pytest.mark.parametrize("architecture", ["rnn", "lstm", "gru", "cnn", "transformer", "stage"])
def test_the_same_seed_gives_the_same_numbers(architecture):
    first, second = tuned(architecture), tuned(architecture)
    assert first.curve == second.curve
    assert all(torch.equal(one, other) for one, other in zip(weights(first), weights(second), strict=True))


def test_another_seed_gives_other_numbers():
    assert tuned("gru").curve != tuned("gru", QUICK.model_copy(update={"seed": 2})).curve


def test_training_leaves_torchs_settings_and_random_numbers_alone():
    before = torch.random.get_rng_state(), torch.get_num_threads(), torch.is_grad_enabled()
    tuned("gru")
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == before[1:]


def test_every_architecture_sees_the_same_batches():
    seen: dict[str, list[torch.Tensor]] = {"cnn": [], "gru": []}

    def watched(architecture):
        loss = QuantileLoss(spec_of(architecture).levels, CPU)

        def criterion(model, batch):
            seen[architecture].append(batch.context.clone())
            return loss(model, batch)

        return criterion

    for architecture in seen:
        fit(PANEL, spec_of(architecture), QUICK, device=CPU, criterion=watched(architecture))
    assert len(seen["cnn"]) == 20
    assert torch.equal(torch.stack(seen["cnn"]), torch.stack(seen["gru"]))


def test_no_target_after_the_fit_zone_is_trained_on():
    cutoff = LENGTH - 1 - 2 * HORIZON
    changed = PANEL.values.reshape(len(PANEL), LENGTH).copy()
    changed[:, cutoff + 1 :] = 1e6
    other = Panel(
        *[getattr(PANEL, name) for name in ("frequency", "unique_ids", "series_ids")],
        changed.reshape(-1),
        PANEL.observed,
        PANEL.offsets,
        PANEL.first,
    )
    limits = np.full(len(PANEL), cutoff)
    first, second = (fit(panel, spec_of("gru"), QUICK, device=CPU, last_target=limits) for panel in (PANEL, other))
    assert all(torch.equal(one, other) for one, other in zip(weights(first), weights(second), strict=True))


def test_the_kept_weights_are_those_of_the_best_evaluation():
    fitted = tuned("cnn", Training(min_steps=40, max_steps=40, batch_size=16, patience=100))
    best = min(fitted.curve, key=lambda row: row[2])
    assert (fitted.steps, fitted.tune_loss) == (best[0], best[2])
    cutoff = LENGTH - 1 - 2 * HORIZON
    quantiles = predict(fitted.model, fitted.spec, PANEL, pairs_at(cutoff), device=CPU)
    actual = PANEL.values.reshape(len(PANEL), LENGTH)[:, cutoff + 1 : cutoff + 1 + HORIZON, None]
    error = actual - quantiles
    levels = np.array(fitted.spec.levels)
    assert np.maximum(levels * error, (levels - 1) * error).mean() == pytest.approx(fitted.tune_loss, rel=1e-4)


def test_training_stops_when_the_tune_loss_no_longer_falls():
    noise = panel_of([dict(enumerate(np.random.default_rng(0).normal(size=60).tolist()))])
    training = Training(min_steps=200, max_steps=200, batch_size=16, patience=2)
    fitted = fit(
        noise,
        spec_of("cnn", training, noise),
        training,
        device=CPU,
        last_target=np.array([53]),
        tune=pairs_at(53, noise),
        pair_scale=np.ones(1),
    )
    assert fitted.curve[-1][0] < 200
    assert [row[0] for row in fitted.curve][-3] == fitted.steps


def test_a_refit_takes_exactly_the_steps_it_is_given():
    steps = []
    fitted = fit(PANEL, spec_of("gru"), QUICK, device=CPU, steps=37, on_progress=lambda *row: steps.append(row[:2]))
    assert fitted.steps == 37
    assert steps[-1] == (37, 37)
    assert fitted.tune_loss is None


def test_progress_is_reported_after_each_epoch_and_stored_as_the_curve():
    rows = []
    fitted = tuned("gru", on_progress=lambda *row: rows.append(row))
    assert [[done, fit_loss, tune_loss] for done, _, fit_loss, tune_loss in rows] == fitted.curve
    assert [row[0] for row in rows] == list(range(2, 21, 2))
    assert {row[1] for row in rows} == {20}


def test_a_loss_that_is_not_finite_restarts_once_at_half_the_rate():
    calls = []

    def bad_at_first(model, batch):
        calls.append(batch)
        factor = math.nan if len(calls) == 3 else 1.0
        return factor * QuantileLoss(spec_of("gru").levels, CPU)(model, batch)

    fitted = tuned("gru", criterion=bad_at_first)
    assert fitted.notices == ("gru: a loss was not finite at learning rate 0.01",)
    halved = tuned("gru", QUICK.model_copy(update={"learning_rate": QUICK.learning_rate / 2}))
    assert all(torch.equal(one, other) for one, other in zip(weights(fitted), weights(halved), strict=True))


def test_a_loss_that_stays_infinite_is_a_training_error():
    with pytest.raises(TrainingError, match=r"gru: .* not finite at learning rate 0\.01, nor at half of it"):
        tuned("gru", criterion=lambda model, _: sum(p.sum() for p in model.parameters()) * math.inf)


def test_out_of_memory_halves_the_batch_and_goes_on():
    sizes = []
    loss = QuantileLoss(spec_of("gru").levels, CPU)

    def needs_memory(model, batch):
        if len(batch.context) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        sizes.append(len(batch.context))
        return loss(model, batch)

    fitted = tuned("gru", QUICK.model_copy(update={"patience": 100}), criterion=needs_memory)
    assert sizes == [4] * 20
    assert fitted.notices == (
        "cpu ran out of memory at 16 windows per batch; going on with 8",
        "cpu ran out of memory at 8 windows per batch; going on with 4",
    )


def test_a_device_without_memory_for_one_window_is_a_training_error():
    def full(model, batch):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(TrainingError, match="no memory for a single window"):
        tuned("gru", criterion=full)


def test_another_error_is_not_taken_for_memory():
    def broken(model, batch):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        tuned("gru", criterion=broken)


def test_a_time_budget_ends_the_training_early_with_weights_to_keep():
    fitted = tuned("gru", Training(min_steps=100_000, max_steps=100_000, batch_size=16, time_budget=0.5))
    assert 1 <= fitted.steps < 100_000
    assert math.isfinite(fitted.tune_loss)


def test_a_panel_without_a_window_is_an_error():
    with pytest.raises(DataError, match="no window to train on"):
        fit(panel_of([{0: 1.0}, {}]), spec_of("gru"), QUICK, device=CPU)


def test_a_tune_zone_without_a_target_is_an_error():
    with pytest.raises(DataError, match="tune zone"):
        fit(PANEL, spec_of("gru"), QUICK, device=CPU, tune=pairs_at(LENGTH - 1), pair_scale=np.ones(4))


def test_tune_pairs_without_a_target_do_not_count():
    cutoffs = np.array([LENGTH - 1, 100, LENGTH - 1, 100])
    some = Pairs(np.arange(4), cutoffs)
    both = [
        fit(PANEL, spec_of("gru"), QUICK, device=CPU, tune=pairs, pair_scale=np.ones(len(pairs))).curve
        for pairs in (some, some.take(np.array([1, 3])))
    ]
    np.testing.assert_allclose(*both, rtol=1e-5)


@pytest.mark.parametrize(("windows", "steps"), [(100, 200), (6400, 500), (10**6, 2400)])
def test_steps_are_twenty_passes_over_the_windows_within_limits(windows, steps):
    assert planned_steps(windows, Training()) == steps


@pytest.mark.parametrize(
    "values",
    [dict.fromkeys(range(61), 7.0), dict.fromkeys(range(61), 0.0), {0: 1.0, 55: 2.0, 59: 3.0, 60: 3.0}],
)
def test_constant_and_nearly_empty_series_can_be_trained_on(values):
    panel = panel_of([values])
    fitted = fit(panel, spec_of("gru", panel=panel), QUICK, device=CPU)
    quantiles = predict(fitted.model, fitted.spec, panel, pairs_at(60, panel), device=CPU)
    assert np.isfinite(quantiles).all()


def test_the_plain_mode_trains_on_the_median():
    training = QUICK.model_copy(update={"stage": False})
    fitted = tuned("rnn", training)
    assert predict(fitted.model, fitted.spec, PANEL, pairs_at(80), device=CPU).shape == (4, HORIZON, 1)


def test_synthetic_windows_make_up_their_share_of_each_batch():
    seen = []
    loss = QuantileLoss(spec_of("gru").levels, CPU)

    def watched(model, batch):
        seen.append(batch.context.clone())
        return loss(model, batch)

    fit(PANEL, spec_of("gru"), QUICK, device=CPU, criterion=watched, synthetic=0.25)
    own = torch.from_numpy(PANEL.values)
    strange = torch.stack([~torch.isin(context, own).any(dim=1) for context in seen])  # no value of the panel
    assert strange.shape == (20, QUICK.batch_size)
    assert (strange.sum(dim=1) == QUICK.batch_size / 4).all()


def test_with_only_synthetic_windows_the_panel_is_never_learnt_from():
    other = sinusoids(count=4, length=LENGTH, season=3, noise=2.0)
    first, second = (fit(panel, spec_of("gru"), QUICK, device=CPU, synthetic=1.0) for panel in (PANEL, other))
    assert all(torch.equal(one, another) for one, another in zip(weights(first), weights(second), strict=True))
