"""Windows of every kind, nasty ones included, for property tests."""

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

Window = tuple[Tensor, Tensor]

ORDINARY = st.floats(-1e3, 1e3, width=32)
NASTY = ORDINARY | st.sampled_from([0.0, 1.0, -1e15, 1e15, 1e30, -1e30, 1e-30, 1e-40, -1.0])


@st.composite
def windows(draw: st.DrawFn, steps: int, values: st.SearchStrategy[float] = NASTY) -> Window:
    """A batch of 1 to 3 windows [N, steps] with its mask: ordinary, constant, of one point, unobserved."""
    n = draw(st.integers(1, 3))
    context = draw(arrays.arrays(np.float32, (n, steps), elements=values))
    observed = draw(arrays.arrays(np.bool_, (n, steps)))
    for row in range(n):
        kind = draw(st.sampled_from(["as is", "as is", "constant", "all observed", "one point", "unobserved"]))
        if kind == "constant":
            context[row] = context[row, 0]
        if kind in ("constant", "all observed", "one point", "unobserved"):
            observed[row] = kind in ("constant", "all observed")
        if kind == "one point":
            observed[row, draw(st.integers(0, steps - 1))] = True
    context[~observed] = draw(st.sampled_from([0.0, np.nan, np.inf]))
    return torch.from_numpy(context), torch.from_numpy(observed)
