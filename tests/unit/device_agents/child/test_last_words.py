import os

from device_agents.child.last_words import LastWords


def test_of_a_long_speech_the_end_is_kept_and_the_speaker_is_never_held_up() -> None:
    reading, writing = os.pipe()
    last_words = LastWords(os.fdopen(reading, "rb"))
    with os.fdopen(writing, "wb") as speaker:
        speaker.write(b"chatter " * 100_000)  # far more than a pipe holds
        speaker.write(b"and a plain reason\n")
    assert last_words.text().endswith("chatter and a plain reason")
    assert len(last_words.text()) <= 1500


def test_a_process_that_holds_the_pipe_open_holds_up_nobody() -> None:
    reading, writing = os.pipe()
    last_words = LastWords(os.fdopen(reading, "rb"))
    os.write(writing, b"the last words")
    assert last_words.text() == "the last words"
    os.close(writing)


def test_what_is_no_text_is_kept_as_far_as_it_is() -> None:
    reading, writing = os.pipe()
    last_words = LastWords(os.fdopen(reading, "rb"))
    os.write(writing, b"broken \xff bytes")
    os.close(writing)
    assert last_words.text() == "broken \N{REPLACEMENT CHARACTER} bytes"
