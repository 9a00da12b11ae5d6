from latency_service.contract.errors import (
    LatencyError,
    MissingEntries,
    Problem,
    error_from_problem,
)


def test_a_problem_becomes_the_error_that_it_stands_for_with_its_extra_members() -> None:
    document = {
        "title": "x",
        "status": 404,
        "detail": "2 keys",
        "code": "missing_entries",
        "missing": ["a", "b"],
    }
    error = error_from_problem(Problem.model_validate(document))
    assert type(error) is MissingEntries
    assert str(error) == "2 keys"
    assert error.extra == {"missing": ["a", "b"]}


def test_an_unknown_code_becomes_the_root_of_the_tree() -> None:
    problem = Problem(title="x", status=418, detail="teapot", code="from_the_future")
    assert type(error_from_problem(problem)) is LatencyError


def test_every_error_has_a_code_of_its_own_and_a_docstring() -> None:
    classes = [LatencyError]
    for cls in classes:
        classes.extend(cls.__subclasses__())
    ours = [cls for cls in classes if cls.__module__ == LatencyError.__module__]
    assert len({cls.code for cls in ours}) == len(ours)
    assert all(cls.__doc__ for cls in ours)
