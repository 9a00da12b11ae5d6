from pathlib import Path

from search_client.training.history import History, read_history


def test_records_come_back_in_order(tmp_path: Path) -> None:
    with History(tmp_path / "h.jsonl", after_step=0) as history:
        history.append(1, loss=0.5)
        history.append(2, loss=0.25)
    assert read_history(tmp_path / "h.jsonl") == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]


def test_records_later_than_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    for after_step in (0, 1):
        with History(path, after_step) as history:
            for step in (after_step + 1, after_step + 2):
                history.append(step, session=after_step)
    assert [(record["step"], record["session"]) for record in read_history(path)] == [(1, 0), (2, 1), (3, 1)]


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text('{"step": 1}\n{"step": 2, "lo')
    assert read_history(path) == [{"step": 1}]


def test_no_file_is_no_records(tmp_path: Path) -> None:
    assert read_history(tmp_path / "none.jsonl") == []
