import argparse
import asyncio
import sys
import time

from tests.proofs.chaos.scenarios import SCENARIOS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.chaos")
    parser.add_argument("--only", choices=SCENARIOS, action="append", help="this scenario; may be said again")
    parser.add_argument("--times", type=int, help="how often, in place of each scenario's own number")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    failed = 0
    for name in args.only or SCENARIOS:
        began = time.monotonic()
        outcome = asyncio.run(SCENARIOS[name].told(args.times, args.seed))
        print(f"{name}: {outcome} ({time.monotonic() - began:.0f} s, {len(outcome.problems)} problems)", flush=True)
        for problem in outcome.problems[:20]:
            print("  problem:", problem, flush=True)
        failed += bool(outcome.problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
