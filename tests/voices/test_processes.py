"""Several processes write into one record."""

import subprocess
import sys

from gateway.voices.records import Records

PROGRAM = """
import sys
from pathlib import Path
from gateway.voices.record import VoiceRecord
from gateway.voices.records import Records

records = Records(Path(sys.argv[1]), "host")
for number in range(40):
    name = f"voice-{sys.argv[2]}-{number}"
    records.change(lambda book: book.update({name: VoiceRecord(name, "cloned", float(number))}))
"""


def test_what_several_processes_write_at_once_is_all_there(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path), str(each)]) for each in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(Records(tmp_path, "host").all()) == 120
