"""`monitor init`: a config that works as it stands."""

from monitor.cli import exit_code


def test_a_starting_config_has_no_mistakes(tmp_path, capsys):
    folder = tmp_path / "new"
    assert exit_code(["init", str(folder)]) == 0
    assert f"monitor check --config {folder}" in capsys.readouterr().out
    assert exit_code(["check", "--config", str(folder), "--state", str(tmp_path / "state")]) == 0


def test_a_folder_that_holds_something_is_left_alone(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("mine")
    assert exit_code(["init", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
