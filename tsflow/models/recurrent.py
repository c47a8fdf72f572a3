"""The three recurrent networks: the last hidden state, decoded by one linear layer."""

from torch import Tensor, nn


class RNNModel(nn.Module):
    """Elman network: ``h_t = tanh(W_x x_t + b_x + W_h h_(t-1) + b_h)``, output ``W h_L + b``.

    Elman (1990), "Finding Structure in Time"; the textbook's ``nn.RNN`` and ``nn.Linear``.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, *, num_layers: int = 1) -> None:
        super().__init__()
        self.rnn = nn.RNN(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, output_size)

    def forward(self, x: Tensor) -> Tensor:
        """From [N, L, C] to [N, output_size]."""
        return _decode_last(self.rnn, self.fc, x)


class LSTMModel(nn.Module):
    """Long short-term memory: gates i, f, o and candidate g guard a cell that is added to, not overwritten.

    With ``a = W_x x_t + b_x + W_h h_(t-1) + b_h`` split into four, ``i, f, o = sigmoid(a_i, a_f, a_o)`` and
    ``g = tanh(a_g)``: ``c_t = f c_(t-1) + i g``, ``h_t = o tanh(c_t)``; output ``W h_L + b``.

    Hochreiter & Schmidhuber (1997), "Long Short-Term Memory"; forget gate by Gers et al. (2000).
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, *, num_layers: int = 1) -> None:
        super().__init__()
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, output_size)

    def forward(self, x: Tensor) -> Tensor:
        """From [N, L, C] to [N, output_size]."""
        return _decode_last(self.lstm, self.fc, x)


class GRUModel(nn.Module):
    """Gated recurrent unit: ``h_t = (1 - z) n + z h_(t-1)``, output ``W h_L + b``.

    ``r, z = sigmoid(W_x x_t + b_x + W_h h_(t-1) + b_h)`` for each gate, and the candidate
    ``n = tanh(W_xn x_t + b_xn + r (W_hn h_(t-1) + b_hn))``.

    Cho et al. (2014), "Learning Phrase Representations using RNN Encoder-Decoder", eq. 5-8, with the reset
    after the product, as cuDNN and torch have it.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, *, num_layers: int = 1) -> None:
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, output_size)

    def forward(self, x: Tensor) -> Tensor:
        """From [N, L, C] to [N, output_size]."""
        return _decode_last(self.gru, self.fc, x)


def _decode_last(recurrent: nn.RNNBase, fc: nn.Linear, x: Tensor) -> Tensor:
    """Decode the state after the last step; torch also gives it apart, which spares the gradient of all others."""
    state = recurrent(x)[1]  # [layers, N, hidden]; an LSTM's comes with its cell
    last: Tensor = state[0] if isinstance(state, tuple) else state
    decoded: Tensor = fc(last[-1])
    return decoded
