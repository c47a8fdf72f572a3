"""The one-dimensional convolutional network."""

from collections.abc import Sequence

from torch import Tensor, nn


class CNN1DModel(nn.Module):
    """Convolution over time, ReLU, adaptive max pooling, linear: ``y = W maxpool(relu(K * x + b)) + c``.

    The defaults are the textbook's layers. Each entry of ``dilations`` is one convolution with that spacing
    of its taps, so that k taps at dilations (1, 2) see 1 + 3 (k - 1) steps; ``residual`` adds the input of
    each convolution after the first to its output; ``pool`` keeps that many maxima over time instead of one.
    The series is padded with zeros to keep its length, so that no window is too short for the kernel.

    LeCun & Bengio (1995), "Convolutional Networks for Images, Speech, and Time-Series"; dilations as in
    Bai et al. (2018), "An Empirical Evaluation of Generic Convolutional and Recurrent Networks".
    """

    def __init__(
        self,
        input_channels: int,
        output_size: int,
        kernel_size: int = 3,
        *,
        channels: int = 64,
        dilations: Sequence[int] = (1,),
        residual: bool = False,
        pool: int = 1,
    ) -> None:
        super().__init__()
        inputs = [input_channels] + [channels] * (len(dilations) - 1)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(size, channels, kernel_size, dilation=dilation, padding="same")
            for size, dilation in zip(inputs, dilations, strict=True)
        )
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveMaxPool1d(pool)
        self.fc = nn.Linear(channels * pool, output_size)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """From [N, L, C] to [N, output_size]."""
        x = x.transpose(1, 2)  # [N, C, L]
        for index, convolution in enumerate(self.convolutions):
            out = self.relu(convolution(x))  # [N, channels, L]
            x = x + out if self.residual and index > 0 else out
        decoded: Tensor = self.fc(self.pool(x).flatten(1))
        return decoded
