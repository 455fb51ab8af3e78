"""What the look-alike does where the service's documents are silent, disagree, or leave the choice to the day."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Habits:
    # speed
    first_audio_ms: int = 0
    """How long the first audio of a text lets one wait."""
    pace: float = 0.0
    """0 as fast as it can, 1 real time, 4 four times as fast."""
    chunk_ms: int = 200
    """Audio per event of an HTTP stream."""
    frame_ms: int = 40
    """Audio per event of a socket."""

    # the stream's form
    line_end: Literal["\n\n", "\n"] = "\n\n"
    space_after_colon: bool = True
    last_line_ended: bool = True
    tear_bytes: int = 0
    """Write the stream in pieces of this many bytes, whatever they cut; 0 writes event by event."""
    odd_chunks: bool = False
    """Chunks of odd length, so that a PCM sample may be cut in two."""
    excluded_audio: Literal["empty", "absent"] = "empty"
    """What the last event's audio is when the aggregate is not wanted."""

    # what is refused
    emotion_refused_by: tuple[str, ...] = ()
    """Model families, such as `speech-2.8`, that refuse every emotion; observed, against the documents."""
    emotion_refusal_names_model: bool = True
    neutral_emotion: bool = False
    """Take `neutral`, as older documents do."""
    streamed_wav: bool = True
    """False refuses wav in a stream, as the mainland pages say."""
    old_timbre_spelling: bool = True
    """Honour `timber_weights`; otherwise it is one more unknown key."""
    errors_with_trace_id: bool = False
    """Add `trace_id` to a refusal's body, not only to its header."""
    bitrate_key: Literal["bitrate", "audio_bitrate"] = "bitrate"
    success_message: Literal["success", ""] = "success"
    """Empty in older documents."""
    words_without_punctuation: bool = False
    """Count `word_count` as one sentence of the documents says, against their samples."""
    lost_voice_code: Literal[2054, 20132] = 2054
    """For a voice that does not exist: as seen, or as the list of codes has it."""

    # subtitles
    stream_subtitles: Literal["file", "inline", "none"] = "file"
    """Of `sentence` and `word` in an HTTP stream: a file named by the last event, objects beside the audio, or none, as
    older documents have it. `word_streaming` and sockets have objects."""
    subtitle_times: Literal["answer", "segment"] = "answer"
    """Counted from the answer's first sample, or from the beginning of each object's own segment."""
    space_as_mark: bool = False
    """A space arrives as the word `[SPACE]`."""
    word_pieces: int = 1
    """A word arrives in this many entries with equal places, as numbers that are read in several syllables do."""
    split_words: bool = False
    """With `word_streaming`, a word that goes on in the next frame arrives in both."""
    null_words: bool = False
    """Frames without a new word carry a subtitle whose `timestamped_words` is null."""
    pause_marks_counted: bool = True
    """Whether places in the text count the characters of `<#x#>`; both were seen."""

    # limits; the service sends no Retry-After
    requests_per_minute: int | None = None
    characters_per_minute: int | None = None
    limit_window_s: float = 60.0

    clones_per_minute: int | None = None
    designs_per_minute: int | None = None
    queries_per_second: int | None = 10
    """For the state of a task."""

    # voices of one's own
    get_voice_missing: bool = False
    """404, as for some months of 2025."""
    empty_groups: Literal["empty", "null", "missing"] = "empty"
    """How `get_voice` shows a group without voices."""
    music_group: bool = False
    """`get_voice` also has `music_generation`, as in older documents; nothing is in it."""
    may_clone: bool = True
    """False for an account that was not verified."""
    heard_in_samples: str | None = None
    """What all samples say, for the checks of their texts; None hears whatever it is told to."""
    demo_audio: Literal["url", "hex"] = "url"
    """How a preview of a cloned voice is given."""
    input_sensitive_object: bool = False
    """`{"type": 0}`, as documented, instead of the `false` that was seen."""
    design_preview_per_million: float = 30.0
    """Dollars; the page of prices says 60."""
    deleted_created_time: Literal["seconds", "date"] = "seconds"
    """In the answer to `delete_voice`: the sample's, or the text's."""

    # files and long texts
    result_sizes_told: bool = False
    """The sample of a result's file says 0 bytes."""
    task_channels: int = 2
    """Of a long text that does not ask; mainland pages say 1."""
    task_id_as_number: bool = False
    """As in the mainland sample."""
    capitalised_states: bool = True
    """As in the sample; the list beside it is in lower case."""
    longest_file: int = 1_000_000
    """Characters; older mainland pages say 100,000."""
    zip_results: int = 9
    """Files that a zip may become, three for each of its texts."""
    task_s: float = 0.0
    """How long a task is at least `Processing`, by the account's clock."""
    results_kept_s: float = 7 * 86400.0
    """Then a task is `Expired`, by the account's clock; the service's own value is not known."""
    tasks_at_once: int = 2

    # sockets
    socket_bad_key: Literal["upgrade_401", "frame_1004", "frame_2049"] = "frame_1004"
    """How a socket refuses a missing or bad key: at the upgrade, or with `task_failed` as its first event."""
    soft_error_event: Literal["task_failed", "task_continued"] = "task_failed"
    """The event that carries 2203, 2204 and 2205."""
    audio_event_named: bool = True
    """False leaves `event` out of audio frames, as the current sample does."""
    audio_in_final_frame: bool = False
    """As the current sample shows; observed is a final frame without audio."""
    finish_drops_queue: bool = False
    """`task_finish` closes at once, as one table has it, instead of after all queued texts."""
    trace_id_in_base_resp: bool = False
    """As on mainland hosts."""
    connect_id: bool = True
    idle_s: float = 120.0
    queued_texts: int = 100
    """More `task_continue` waiting than this are answered 2205."""
    extra_info_on_every_frame: bool = True
    """False keeps it for the frame that is final."""
    bidi_soft_characters: int = 30
    """Text held before a comma ends a segment; like the next two, the service's own value is not published."""
    bidi_longest_segment: int = 200
    bidi_tail_ms: int = 300
    """Text without an end waits this long for more."""

    # the voice
    varying_takes: bool = False
    """The test voice says nothing twice alike, as the service's voices do; its words stay what they are."""
    own_voices_in_tones: bool = False
    """Cloned and designed voices speak as the test voice does, each with a pilot of its own."""
    tone_pace: float = 1.0
    """The test voice is faster by this; at 3 its words are still told apart, in mp3 and from 24 kHz up."""
    neural_english: bool = True
    workers: int = 2
    """Processes that speak."""
