"""What is asked of the speaker for a text: manners, languages, marks, pauses; and what was heard of it."""

from gateway.protocol.events import Error, Mark, Notice, Part, TurnCancelled, TurnDone, TurnFlushed
from gateway.session.bounds import MOST_CUES
from gateway.upstreams.base import Word
from tests.session.talk import Talk, kinds, said


def opened(**hello) -> Talk:
    talk = Talk(**hello)
    talk.say("turn.open", turn="a")
    return talk


def test_a_mark_goes_with_the_segment_it_stands_in():
    talk = opened()
    talk.say("turn.append", turn="a", text="One two ")
    talk.say("turn.append", turn="a", mark="m")
    talk.say("turn.append", turn="a", text="three.")
    talk.say("turn.commit", turn="a")
    assert [(job.wanted.marks, job.request.words) for job in talk.jobs] == [(((8, "m"),), True)]


def test_a_mark_behind_all_text_is_told_when_the_sound_has_got_there():
    talk = opened()
    talk.say("turn.append", turn="a", text="One two.")
    talk.say("turn.flush", turn="a")
    assert kinds(talk.say("turn.append", turn="a", mark="m")) == []
    actions = talk.deliver(talk.jobs[0], 900)
    assert kinds(actions) == ["mark", "turn.flushed"]
    assert said(actions, Mark) == Mark(turn="a", name="m", at_ms=900)
    assert kinds(talk.say("turn.append", turn="a", mark="n")) == ["mark"]


def test_a_mark_of_a_turn_without_text_is_told_before_its_end():
    talk = opened()
    talk.say("turn.append", turn="a", mark="m")
    assert kinds(talk.say("turn.commit", turn="a")) == ["turn.done"]


def test_a_pause_parts_the_text_and_is_spoken_as_silence():
    talk = opened()
    talk.say("turn.append", turn="a", text="One two")
    assert kinds(talk.say("turn.append", turn="a", pause_ms=300)) == ["Speak"]
    talk.say("turn.append", turn="a", text=" three.")
    talk.deliver(talk.jobs[0], 500)
    silence = talk.jobs[1]
    assert (silence.request, silence.pause_ms, silence.span, silence.segment) == (None, 300, (7, 7), 1)
    talk.say("turn.commit", turn="a")
    talk.deliver(silence, 300)
    assert (talk.jobs[2].request.text, talk.jobs[2].span) == ("three.", (8, 14))
    done = said(talk.deliver(talk.jobs[2], 400), TurnDone)
    assert (done.duration_ms, done.usage.requests, done.usage.characters) == (1200, 2, 13)


def test_a_pause_makes_a_turn_without_text_sound():
    talk = opened()
    talk.say("turn.append", turn="a", pause_ms=300)
    talk.say("turn.append", turn="a", pause_ms=200)
    talk.say("turn.commit", turn="a")
    talk.deliver(talk.jobs[0], 300)
    assert said(talk.deliver(talk.jobs[1], 200), TurnDone).duration_ms == 500


def test_a_flush_behind_a_pause_waits_for_its_silence():
    talk = opened()
    talk.say("turn.append", turn="a", text="One.")
    talk.say("turn.append", turn="a", pause_ms=300)
    talk.say("turn.flush", turn="a")
    assert "turn.flushed" not in kinds(talk.deliver(talk.jobs[0], 500))
    assert said(talk.deliver(talk.jobs[1], 300), TurnFlushed).at_ms == 800


def test_a_turn_takes_a_bounded_number_of_marks_pauses_and_flushes():
    talk = opened()
    for number in range(MOST_CUES // 2):
        talk.say("turn.append", turn="a", mark=str(number))
        talk.say("turn.flush", turn="a")
    for message in ({"type_": "turn.append", "pause_ms": 5}, {"type_": "turn.flush"}):
        refused = said(talk.say(turn="a", **message), Error)
        assert (refused.code, refused.field) == ("bad_request", "turn")
    talk.say("turn.append", turn="a", text="Hello.")
    talk.say("turn.commit", turn="a")
    assert talk.jobs[0].request.text == "Hello."


def test_an_empty_text_is_nothing_whatever_its_voice():
    talk = opened()
    talk.say("turn.append", turn="a", text="She said ")
    talk.say("turn.append", turn="a", text="", voice="French_MaleNarrator")
    talk.say("turn.append", turn="a", text="so.")
    talk.say("turn.commit", turn="a")
    assert [job.request.text for job in talk.jobs] == ["She said so."]


def test_empty_texts_do_not_keep_a_turn_open():
    talk = opened()
    talk.now += 59
    assert talk.say("turn.append", turn="a", text="") == []
    assert said(talk.tick(1), TurnCancelled).reason == "idle"


def test_text_may_have_a_voice_and_language_of_its_own():
    talk = opened()
    talk.say("turn.append", turn="a", text="She said ")
    talk.say("turn.append", turn="a", text="bonjour", voice="French_MaleNarrator", language="fr-CA")
    talk.say("turn.append", turn="a", text=" to me.")
    talk.say("turn.commit", turn="a")
    for number in range(3):
        talk.deliver(talk.jobs[number])
    assert [(job.request.text, job.voice_id, job.request.language) for job in talk.jobs] == [
        ("She said", "English_Graceful_Lady", "en"),
        ("bonjour", "French_MaleNarrator", "fr"),
        ("to me.", "English_Graceful_Lady", "en"),
    ]


def test_a_manner_that_cannot_be_spoken_is_refused_and_its_text_is_not_taken():
    talk = opened()
    refused = said(talk.say("turn.append", turn="a", text="x", voice={"speed": 9}), Error)
    assert (refused.code, refused.field) == ("bad_request", "voice.speed")
    assert kinds(talk.say("turn.commit", turn="a")) == ["turn.done"]


VOICES = {"ja": {"voice_id": "Japanese_KindLady"}, "zh": {"voice_id": "female-shaonv", "speed": 1.5}}


def test_with_a_voice_for_a_language_a_turn_changes_voice_by_itself():
    talk = Talk(config={"voices": VOICES})
    talk.say("speak", turn="a", text="This is the first sentence. 今天天气很好。你吃饭了吗？ And back again.")
    for number in range(3):
        talk.deliver(talk.jobs[number])
    assert [(job.voice_id, job.request.language, job.request.voice.speed, job.span) for job in talk.jobs] == [
        ("English_Graceful_Lady", "en", 1.0, (0, 27)),
        ("female-shaonv", "zh", 1.5, (28, 41)),
        ("English_Graceful_Lady", "en", 1.0, (42, 57)),
    ]


def test_the_main_voice_speaks_its_own_language_where_a_short_text_leaves_it_open():
    languages = {}
    for voice_id in ("English_Graceful_Lady", "Spanish_Narrator"):
        talk = Talk(config={"voice": {"voice_id": voice_id}, "voices": {"ja": {"voice_id": "Japanese_KindLady"}}})
        talk.say("speak", turn="a", text="Animal natural. 123")
        languages[voice_id] = talk.jobs[0].request.language
    assert languages == {"English_Graceful_Lady": "en", "Spanish_Narrator": "es"}


def test_one_voice_says_a_mixed_text_in_one_go():
    talk = Talk()
    talk.say("speak", turn="a", text="I am fine. 今天天气很好。")
    talk.deliver(talk.jobs[0])
    talk.say(
        "speak", turn="b", text="First a sentence of some length to begin with, then another. 今天天气很好。And more."
    )
    talk.deliver(talk.jobs[1])
    assert [job.request.language for job in talk.jobs if job.turn == "b"][-1] in {"auto", "en"}


def test_a_model_that_lacks_a_language_is_replaced_and_the_client_is_told_once():
    talk = Talk(config={"voice": {"model": "speech-02-turbo"}})
    actions = talk.say("speak", turn="a", text="سلام، حال شما چطور است؟ من می‌خواهم چای بنوشم و گپ بزنم.")
    notice = said(actions, Notice)
    assert (notice.code, notice.turn) == ("voice_fallback", "a")
    assert talk.jobs[0].request.voice.model == "speech-2.6-turbo"
    assert "notice" not in kinds(talk.deliver(talk.jobs[0]))


# What was heard of a turn that has ended


def test_cancelling_a_turn_that_still_sounds_says_what_was_heard_of_it():
    talk = Talk()
    talk.say("speak", turn="a", text="One two three four.")
    talk.deliver(talk.jobs[0], 1000)
    again = said(talk.say("turn.cancel", turn="a", played_ms=600, id="x"), TurnDone)
    assert (again.repeated, again.re, again.heard.text, again.unheard.text) == (True, "x", "One two three", " four.")
    assert said(talk.say("turn.cancel", turn="a"), TurnDone).heard is None


def test_cancelling_all_says_of_each_turn_that_sounds_what_was_heard():
    talk = Talk()
    talk.say("speak", turn="a", text="One two three four.")
    talk.deliver(talk.jobs[0], 1000)
    talk.say("turn.open", turn="b")
    talk.now += 0.5
    actions = talk.say("turn.cancel", all=True, id="x")
    assert kinds(actions) == ["Stop", "turn.cancelled", "turn.done"]
    assert said(actions, TurnDone).heard.by == "estimate"
    assert said(actions, TurnDone).heard.text + said(actions, TurnDone).unheard.text == "One two three four."


def test_a_turn_that_was_played_to_its_end_is_not_cancelled_any_more():
    talk = Talk()
    talk.say("speak", turn="a", text="One two.")
    talk.deliver(talk.jobs[0], 1000)
    talk.now += 2
    assert kinds(talk.say("turn.cancel", all=True, id="x")) == ["notice"]
    assert said(talk.say("turn.cancel", turn="a"), TurnDone).heard is None


def test_heard_ends_with_the_last_word_begun_by_the_times_upstream_told():
    talk = Talk(config={"captions": "words"})
    talk.say("speak", turn="a", text="One **two** three.")
    job = talk.jobs[0]
    job.wanted.times.tell([Word("One", 0, 700), Word("two", 800, 900), Word("three", 950, 1000)])
    job.wanted.times.end(1000)
    talk.deliver(job, 1000)
    again = said(talk.say("turn.cancel", turn="a", played_ms=801), TurnDone)
    assert again.heard == Part("One **two", (0, 9), 801, exact=True, by="client")
    assert again.unheard == Part("** three.", (9, 18), 199, exact=True, by="client")
