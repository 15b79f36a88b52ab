import subprocess
import sys
from pathlib import Path

import pytest

from infra.errors import ErrorCode, ReelwearError
from infra.records.locks import alone
from infra.records.store import Records

HOLDER = """
import sys
from infra.records.locks import alone
from infra.records.store import Records

with alone(Records(sys.argv[1]), "catalogue import"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_work_is_held_by_one_process_and_let_go_with_it(tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, records.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == "held\n"
        refused = pytest.raises(ReelwearError, match="another catalogue import works on these records")
        with refused as refusal, alone(records, "catalogue import"):
            raise AssertionError("held twice")
        assert refusal.value.code is ErrorCode.ALREADY_RUNNING
        with alone(records, "other work"):
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    with alone(records, "catalogue import"):
        pass
    records.close()


def test_records_in_memory_are_one_process_s_anyway() -> None:
    records = Records("sqlite://")
    with alone(records, "catalogue import"):
        pass
    records.close()


def test_what_happens_under_it_is_heard(tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    with pytest.raises(ValueError, match="bad"), alone(records, "catalogue import"):
        raise ValueError("bad")
    with alone(records, "catalogue import"):
        pass
    records.close()
