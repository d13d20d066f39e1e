"""Tell how far a run is."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl

from glioscope.core import Progress


class Tell(pl.Callback):
    """Passes steps and validations on to whoever shows them.

    Args:
        progress: Bar or lines.
        name: Of the stage.
        steps: Of the stage.
        every: Steps between two validations.
    """

    def __init__(self, progress: Progress, *, name: str, steps: int, every: int) -> None:
        self._progress, self._name, self._steps, self._every = progress, name, steps, every

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the stage."""
        del pl_module
        at = f", from step {trainer.global_step}" if trainer.global_step else ""
        self._progress.stage(f"{self._name}: {self._steps} steps{at}")

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,  # noqa: ANN401 - Lightning's
        batch: Any,  # noqa: ANN401 - Lightning's
        batch_idx: int,
    ) -> None:
        """Count a step."""
        del pl_module, outputs, batch, batch_idx
        self._progress.step(trainer.global_step, self._steps)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell the loss, and what the validation found if there was one."""
        del pl_module
        shown = [
            f"{name.partition('/')[2]} {float(value):.3f}"
            for name, value in sorted(trainer.callback_metrics.items())
            if name in {"train/loss"} or name.startswith("validation/")
        ]
        self._progress.note(f"step {trainer.global_step} of {self._steps}: {', '.join(shown)}")
