"""The account behind the key, besides speech: its voices, its files, its long texts.

Asked rarely, so by stock httpx. Everything raises `UpstreamError` and nothing else; `answers` and `orders` are pure.

    call       one request, one answer, upstream's codes translated
    account    what can be asked
    orders     what is asked, as values
    answers    what is answered, as values; JSON → value
"""
