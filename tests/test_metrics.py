from gateway.metrics import Metrics


def test_a_time_is_counted_in_every_bucket_that_reaches_it():
    metrics = Metrics()
    for seconds in (0.001, 0.003, 0.0025, 100):
        metrics.waited("frame", seconds)
    lines = metrics.text().decode().splitlines()
    told = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if 'stage="frame"' in line}
    name = "voice_gateway_first_audio_seconds"
    bounds = {"0.001": 1, "0.0025": 2, "0.005": 3, "60.0": 3, "+Inf": 4}
    assert {bound: told[f'{name}_bucket{{le="{bound}",stage="frame"}}'] for bound in bounds} == bounds
    assert (told[f'{name}_count{{stage="frame"}}'], told[f'{name}_sum{{stage="frame"}}']) == (4, 100.0065)
