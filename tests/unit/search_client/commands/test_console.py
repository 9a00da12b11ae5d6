import os
import signal

import pytest
import typer

from latency_service.contract.errors import InvalidInput
from search_client.commands.console import milliseconds, predicted_milliseconds, readable_errors, stop_at_signal


def test_a_measured_latency_stands_beside_its_interval() -> None:
    assert milliseconds(1.5, (1.0, 2.0)) == "1.5 ms [1, 2]"


def test_a_predicted_latency_stands_beside_its_error() -> None:
    assert (
        predicted_milliseconds(8.41, 1.23, (8.4, 8.5)) == "8.41 ms +- 1.2 %; interval of the entries alone [8.4, 8.5]"
    )
    told = predicted_milliseconds(8.41, None, None)
    assert told == "8.41 ms (unanchored: no error known); interval of the entries alone unknown"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_only_asks_to_stop(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_at_signal() as stop_requested:
        assert not stop_requested()
        os.kill(os.getpid(), number)
        assert stop_requested()
        assert signal.getsignal(number) == before
    assert signal.getsignal(number) == before


def test_a_second_ctrl_c_interrupts_at_once() -> None:
    with stop_at_signal():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_under_a_launcher_further_signals_do_not_cut_the_stop_short() -> None:
    with stop_at_signal(is_led=True) as stop_requested:
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        assert stop_requested()
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


@pytest.mark.parametrize(
    ("error", "code"), [(InvalidInput("so not"), 1), (FileNotFoundError("no file"), 1), (KeyboardInterrupt(), 130)]
)
def test_errors_end_with_a_message_and_an_exit_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as raised, readable_errors():
        raise error
    assert raised.value.exit_code == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert str(error) in captured.err


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), readable_errors():
        raise ZeroDivisionError
