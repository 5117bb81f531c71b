"""The network behind the source `lstm`, its loss and its training; importing this loads jax.

What runs on the CPU also runs on a GPU where jax's CUDA plug-in (``pip install "jax[cuda13]"``) is
installed; there is nothing else to set.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ml_jobs.models.lstm_series import Floats
from ml_jobs.models.lstm_windows import Batch, Layout
from ml_jobs.settings import one_processor

WIDEST_LOG = 6.0  # a dispersion stays within e**6 of the series' own
LEAST_DISPERSION = 1e-3
LEAST_COUNT = 1e-6
LAST_RATE = 0.01  # fraction of the highest learning rate that is left at the end
DECAY = 1e-3  # weight decay, times the learning rate
REMEMBERED = 0.98  # weight of the earlier ones in the running mean of the weights


# jax sizes the pool of its CPU back end by NPROC when that starts, and by nothing else: the flags
# that other versions of XLA had for this are without effect. One thread keeps results and the
# load on the machine predictable.
with one_processor():
    jax.devices()

jax.tree_util.register_dataclass(
    Batch, data_fields=["past", "ahead", "level", "excess", "target", "weight"], meta_fields=[]
)


class Network(eqx.Module):
    """LSTM over the past, and a decoder that answers for every step ahead directly.

    The decoder takes the state and what is known at the origin, joins what is known of the step,
    and gives the mean as a ratio to the level and the dispersion as a ratio to the series' own.

    Source: Hochreiter and Schmidhuber 1997, "Long short-term memory"; Wen et al. 2017, "A
    multi-horizon quantile recurrent forecaster", section 3.3: several origins in one window.
    """

    read: eqx.nn.Linear
    repeat: eqx.nn.Linear
    join: eqx.nn.Linear
    look: eqx.nn.Linear
    mix: eqx.nn.Linear
    answer: eqx.nn.Linear

    def __init__(self, layout: Layout, *, key: jax.Array) -> None:
        keys = iter(jax.random.split(key, 6))
        width = layout.width
        self.read = eqx.nn.Linear(layout.past, 4 * width, key=next(keys))
        self.repeat = eqx.nn.Linear(width, 4 * width, use_bias=False, key=next(keys))
        self.join = eqx.nn.Linear(width + layout.past, width, key=next(keys))
        self.look = eqx.nn.Linear(layout.ahead, width, use_bias=False, key=next(keys))
        self.mix = eqx.nn.Linear(width, width, key=next(keys))
        self.answer = eqx.nn.Linear(width, 2, key=next(keys))

    def __call__(self, batch: Batch, first: int, stride: int) -> tuple[jax.Array, jax.Array]:
        """Return mean and excess in counting units, shape (N, B, M) each.

        Args:
            batch: Windows with N origins.
            first: Place of the first origin in the window.
            stride: Periods between the origins.
        """
        past = jnp.asarray(batch.past)
        known = jnp.concatenate([self._states(past), past], axis=-1)[first::stride]
        hidden = jax.nn.silu(
            _apply(self.join, known)[:, :, None] + _apply(self.look, jnp.asarray(batch.ahead))
        )
        hidden = hidden + jax.nn.silu(_apply(self.mix, hidden))
        out = _apply(self.answer, hidden)
        ratio = jax.nn.softplus(out[..., 0] + float(np.log(np.expm1(1.0))))
        widening = jnp.exp(jnp.clip(out[..., 1], -WIDEST_LOG, WIDEST_LOG))
        mean = jnp.asarray(batch.level)[..., None] * ratio + LEAST_COUNT
        return mean, jnp.asarray(batch.excess)[..., None] * widening + LEAST_DISPERSION

    def _states(self, past: jax.Array) -> jax.Array:
        def step(
            carry: tuple[jax.Array, jax.Array], given: jax.Array
        ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            state, cell = carry
            gates = given + _apply(self.repeat, state)
            keep, write, show, value = jnp.split(gates, 4, axis=-1)
            # A gate that begins open lets gradients through from the far end of the window.
            cell = jax.nn.sigmoid(keep + 1.0) * cell + jax.nn.sigmoid(write) * jnp.tanh(value)
            state = jax.nn.sigmoid(show) * jnp.tanh(cell)
            return (state, cell), state

        start = jnp.zeros((past.shape[1], self.mix.weight.shape[0]), past.dtype)
        return jax.lax.scan(step, (start, start), _apply(self.read, past))[1]


def _apply(layer: eqx.nn.Linear, values: jax.Array) -> jax.Array:
    """Apply *layer* to the last axis; `eqx.nn.Linear` itself takes a single vector."""
    answer = values @ layer.weight.T
    return answer if layer.bias is None else answer + layer.bias


def initial_weights(layout: Layout, seed: int) -> Floats:
    """Return flat random weights: biases 0, rows of the rest of length one, the last small."""
    random = np.random.default_rng(seed)
    plan = _plan(layout)
    parts = [
        random.normal(size=leaf.shape).ravel() / np.sqrt(leaf.shape[-1]) * (leaf.ndim > 1)
        for leaf in jax.tree.leaves(plan)
    ]
    # The answers begin near the level and the series' own dispersion.
    parts[-2] *= 0.1
    return np.concatenate(parts).astype(np.float32)


def forecast(weights: Floats, batch: Batch, layout: Layout) -> tuple[Floats, Floats]:
    """Return mean and excess of windows with one origin, their last period, (B, M) each."""
    mean, excess, _ = _evaluate(weights, batch, layout)
    return np.asarray(mean)[0], np.asarray(excess)[0]


def train(
    weights: Floats,
    batches: Iterator[Batch],
    held: tuple[Batch, ...],
    *,
    layout: Layout,
    steps: int,
    rate: float,
    patience: int,
) -> tuple[Floats, tuple[float, ...], int]:
    """Minimise the loss of *batches*, and keep the weights that did best on *held*.

    Judged and kept is the running mean of the weights, which is steadier than the last ones.

    Args:
        weights: To begin from.
        batches: One per step.
        held: Windows with one origin; without any, the weights at the end are kept.
        layout: Sizes of the network.
        steps: Gradient steps at most; there are twelve looks at the windows held back.
        rate: Highest learning rate, reached after a twentieth of the steps; from there it falls
            along half a cosine.
        patience: Looks without gain after which training ends.

    Returns:
        The best weights, flat; the mean loss of the windows held back at each look, the first
        before any step; and the gradient steps taken.
    """
    flat = averaged = best = jnp.asarray(weights)
    state = _optimiser().init(flat)
    losses, best_at, step = [_held_loss(flat, held, layout)], 0, 0
    check_every = max(steps // 12, 1)
    while step < steps and len(losses) - 1 - best_at < patience:
        remembered = min(REMEMBERED, (step + 1) / (step + 10))
        flat, averaged, state = _update(
            (flat, averaged, state), next(batches), _rate_at(step, steps, rate), remembered, layout
        )
        step += 1
        if step % check_every and step < steps:
            continue
        losses.append(_held_loss(averaged, held, layout))
        if losses[-1] < losses[best_at] or not held:
            best, best_at = averaged, len(losses) - 1
    return np.asarray(best), tuple(losses), step


def _rate_at(step: int, steps: int, highest: float) -> float:
    fall = 0.5 * (1.0 + np.cos(np.pi * step / steps))
    rising = min((step + 1) / max(steps // 20, 1), 1.0)
    return float(highest * rising * (LAST_RATE + (1.0 - LAST_RATE) * fall))


def _held_loss(weights: jax.Array, held: tuple[Batch, ...], layout: Layout) -> float:
    if not held:
        return 0.0
    sums = np.sum([np.asarray(_evaluate(weights, batch, layout)[2]) for batch in held], axis=0)
    return float(sums[0] / max(sums[1], 1.0))


def _optimiser() -> optax.GradientTransformation:
    return optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(b2=0.99))


State = tuple[jax.Array, jax.Array, optax.OptState]


@partial(jax.jit, static_argnames=("layout",))
def _update(before: State, batch: Batch, rate: float, remembered: float, layout: Layout) -> State:
    flat, averaged, state = before
    gradient = jax.grad(_training_loss)(flat, batch, layout)
    change, state = _optimiser().update(gradient, state)
    flat = flat - rate * (cast("jax.Array", change) + DECAY * flat)
    return flat, remembered * averaged + (1.0 - remembered) * flat, state


def _training_loss(flat: jax.Array, batch: Batch, layout: Layout) -> jax.Array:
    mean, excess = _network(flat, layout)(batch, layout.first, layout.stride)
    total, weight = _weighted_loss(mean, excess, batch)
    return total / jnp.maximum(weight, 1.0)


@partial(jax.jit, static_argnames=("layout",))
def _evaluate(
    flat: jax.Array | Floats, batch: Batch, layout: Layout
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return mean, excess, and loss and weight of windows with one origin.

    Checking and forecasting share it, because compiling takes longer than the sums it saves.
    """
    mean, excess = _network(jnp.asarray(flat), layout)(batch, len(batch.past) - 1, 1)
    return mean, excess, jnp.stack(_weighted_loss(mean, excess, batch))


def _weighted_loss(mean: jax.Array, excess: jax.Array, batch: Batch) -> tuple[jax.Array, jax.Array]:
    losses = negative_log_likelihood(mean, excess, jnp.asarray(batch.target))
    return jnp.sum(losses * batch.weight), jnp.sum(jnp.asarray(batch.weight))


def negative_log_likelihood(mean: jax.Array, excess: jax.Array, count: jax.Array) -> jax.Array:
    """Return -log of the negative binomial's density at *count*; all arguments broadcast.

    With r = mean / excess and p = 1 / (1 + excess), as in `NegativeBinomial`.
    """
    shape = mean / excess
    log_gamma = jax.scipy.special.gammaln
    return (
        log_gamma(count + 1.0)
        + log_gamma(shape)
        - log_gamma(count + shape)
        + shape * jnp.log1p(excess)
        + count * jnp.log1p(1.0 / excess)
    )


def _plan(layout: Layout) -> Network:
    """Return the network with shapes in the place of arrays."""
    plan: Network = jax.eval_shape(lambda: Network(layout, key=jax.random.key(0)))
    return plan


def _network(flat: jax.Array, layout: Layout) -> Network:
    """Return the network whose weights, in the order of its leaves, are *flat*.

    One flat array keeps the optimiser to one kernel: per layer, it doubles the time to compile.
    """
    leaves, tree = jax.tree.flatten(_plan(layout))
    ends = np.cumsum([leaf.size for leaf in leaves])
    parts = [
        flat[end - leaf.size : end].reshape(leaf.shape)
        for leaf, end in zip(leaves, ends, strict=True)
    ]
    network: Network = jax.tree.unflatten(tree, parts)
    return network
