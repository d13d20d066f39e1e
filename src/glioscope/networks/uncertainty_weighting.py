"""How much each task of a network that has several counts in its loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


class UncertaintyWeighting(nn.Module):
    r"""Sum of task losses, each weighted by its learned homoscedastic uncertainty.

    $$\sum_t e^{-s_t} L_t + s_t$$ with the learned log-variance $$s_t = \log \sigma_t^2$$ of each
    task (Kendall, Gal, Cipolla 2018, arXiv:1705.07115, in the form of their code).  For a
    constant loss the optimum is $$s_t = \log L_t$$, where its weight is $$1 / L_t$$.  Leave
    these parameters out of weight decay, which would pull every weight to 1.

    Args:
        tasks: Names, each once, such as ``("segmentation", "idh")``.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__()
        if not tasks or len(set(tasks)) != len(tasks):
            msg = f"tasks={tuple(tasks)}: give one name or more, each once"
            raise ValueError(msg)
        self.tasks = tuple(tasks)
        self.log_variance = nn.Parameter(torch.zeros(len(tasks)))

    def forward(self, losses: Mapping[str, Tensor | None]) -> Tensor:
        """Return the weighted sum, a scalar.

        Args:
            losses: A scalar of 0 or more by task; ``None`` or left out where the batch has no
                label of it, which then neither counts nor moves its uncertainty.

        Raises:
            ValueError: For a name that is no task, a loss that is negative or no scalar, and
                where every loss is missing.
        """
        unknown = sorted(set(losses) - set(self.tasks))
        if unknown:
            msg = f"losses of {', '.join(unknown)}, which are no tasks; known: {self.tasks}"
            raise ValueError(msg)
        terms = []
        for task, log_variance in zip(self.tasks, self.log_variance.unbind(), strict=True):
            loss = losses.get(task)
            if loss is None:
                continue
            _check_loss(task, loss)
            terms.append(torch.exp(-log_variance) * loss + log_variance)
        if not terms:
            msg = f"no loss of any of {self.tasks}; leave a batch without labels out"
            raise ValueError(msg)
        return torch.stack(terms).sum()

    def weights(self) -> dict[str, float]:
        """Return how much each task's loss counts, ``exp(-log_variance)``, for the log."""
        values = torch.exp(-self.log_variance.detach()).tolist()
        return dict(zip(self.tasks, values, strict=True))


def _check_loss(task: str, loss: Tensor) -> None:
    if loss.ndim != 0:
        msg = f"loss of {task} has the shape {tuple(loss.shape)}; reduce it to a scalar"
        raise ValueError(msg)
    # below 0 the best log-variance is minus infinity
    if not torch.compiler.is_compiling() and float(loss.detach()) < 0:
        msg = f"loss of {task} is {float(loss.detach()):.4g}; give one of 0 or more"
        raise ValueError(msg)
