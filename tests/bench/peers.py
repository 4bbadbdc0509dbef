"""Times the same work in PyTorch and dlib, interleaved with Gradian's benchmark: the ratios.

    make bench-peers            says which peer is left out because it is not there, and why

PyTorch runs three ways, each in a process of its own: as a user runs it, with malloc told to keep
the memory it once had, and through torch.compile. dlib runs LeNet++ (dlib_lenet.cpp). Numbers are
compared before anything is timed: the losses of four training steps, the loss and the gradients'
norms of a margin head. Every round times Gradian and each peer on the same threads, so that all see
the machine in the same mood. Results also go to build/bench-peers.json. PyTorch's models are in
peer_models.py.
"""
import argparse
import importlib.metadata
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time

PLENTY = str(1 << 40)
PYTORCH = {  # how it is run: environment, compiled
    "eager": ({}, False),
    "kept": ({"MALLOC_MMAP_THRESHOLD_": PLENTY, "MALLOC_TRIM_THRESHOLD_": PLENTY,
              "MALLOC_TOP_PAD_": str(1 << 26)}, False),
    "compiled": ({}, True),
}
DLIB = "build/bench/dlib_lenet"
HEADINGS = {"eager": "eager", "kept": "memory kept", "compiled": "torch.compile", "dlib": "dlib"}
STYLES = ("note", "scatter", "columns", "by hand")  # of peer_models.py's margin heads
WORKLOADS = ["sgemm_2000x2000x2000", "sgemm_128x10000x512", "sgemm_128x256x784", "lenet",
             "ir_resnet", "mlp",
             *(f"margin_{k}k:{style}" for k in (1, 10, 100) for style in ("note", "best")),
             "overhead_variable", "overhead_recording"]
# Largest relative difference that counts as agreement. In a network of convolutions the rounding of
# Winograd's method (about 1e-5, tensor/conv/winograd.h) comes on top, and four steps of training enlarge
# it: to 3e-4 in ir_resnet, where im2col, like PyTorch, stays within 1e-6 of float64.
TOLERANCE = 1e-5
TOLERANCES = {"lenet": 1e-3, "ir_resnet": 1e-3}


# ---- The process that runs PyTorch ----

def memory_mb(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key)) * 1024 / 1e6


def forget_peak():
    """What drawing the initial weights took at its most is not what training takes."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass  # not allowed in some containers: the peak then counts everything


def timed(step, seconds):
    """Milliseconds of the median and of the best step, of at least three."""
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        step()
        times.append(time.perf_counter() - begin)
    return {"ms": 1e3 * statistics.median(times), "best_ms": 1e3 * min(times)}


def serve(workload, style, compiled, threads):
    """Answers each line of stdin, a number of seconds, with a line of JSON. The first answer, which
    nobody asks for, holds the numbers to compare."""
    import torch
    import peer_models
    torch.set_num_threads(threads)
    empty = memory_mb("VmRSS")
    step, values = peer_models.make(workload, style, compiled)
    forget_peak()
    print(json.dumps({"values": values()}), flush=True)
    for line in sys.stdin:
        peak = {"peak_mb": memory_mb("VmHWM") - empty}
        print(json.dumps(timed(step, float(line)) | peak), flush=True)


class Worker:
    """One peer's way of running one workload. Raises RuntimeError where it cannot run."""

    def __init__(self, workload, style, way, threads):
        self.style = style
        if way == "dlib":
            command, environment = [DLIB, str(threads)], {}
        else:
            environment, compiled = PYTORCH[way]
            command = [sys.executable, __file__, "--serve", workload, style, str(int(compiled)),
                       str(threads)]
        self.process = subprocess.Popen(
            command, env={**os.environ, **environment, "OMP_NUM_THREADS": str(threads)},
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        first = self.answer()
        self.values, self.threads = first["values"], first.get("threads", threads)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process of a peer ended early")
        return json.loads(line)

    def time(self, seconds):
        print(seconds, file=self.process.stdin, flush=True)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def start(workload, style, way, threads):
    try:
        return Worker(workload, style, way, threads)
    except RuntimeError:
        return None


def fastest(workload, way, threads, expected):
    """The style of a margin head that runs fastest this way, of those that are right. Each is
    tried in a process of its own: what one leaves in memory is not the next one's."""
    times = {}
    for style in STYLES:
        worker = start(workload, style, way, threads)
        if worker:
            if difference(worker.values, expected) <= tolerance(workload):
                times[style] = worker.time(1)["best_ms"]
            worker.close()
    return min(times, key=times.get) if times else "note"


# ---- Both sides ----

def busy_share(seconds=0.2):
    """How much of the machine other programs use, from 0 to 1, while nothing is timed here."""
    def ticks():
        with open("/proc/stat") as file:
            numbers = [int(number) for number in file.readline().split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]  # all; idle and waiting for a disk
    before = ticks()
    time.sleep(seconds)
    total, idle = (after - earlier for after, earlier in zip(ticks(), before))
    return 1 - idle / max(total, 1)


def gradian(workload, threads, seconds):
    out = "build/bench/peer.json"
    subprocess.run(["build/bench/bench", "--only", workload, "--threads", str(threads),
                    "--seconds", str(seconds), "--out", out], check=True,
                   stdout=subprocess.DEVNULL)
    with open(out) as file:
        result = json.load(file)
    process, measured = result["process"], result["workloads"][0]
    return {"ms": measured["median_ms"], "values": measured["values"],
            "peak_mb": process["peak_mb"] - process["empty_mb"]}


def difference(values, expected):
    """The largest relative difference; infinite for a NaN."""
    worst = max(abs(a - b) / max(abs(b), 1e-30) for a, b in zip(values, expected, strict=True))
    return worst if worst == worst else float("inf")


def tolerance(workload):
    return TOLERANCES.get(workload, TOLERANCE)


def applies(workload, way):
    """dlib has one network; products and single ops leave nothing to compile."""
    if way == "dlib":
        return workload == "lenet"
    return way != "compiled" or not workload.startswith(("sgemm", "overhead"))


def compare(name, options):
    """Runs one workload on all sides. Returns times, peaks and differences by side; no times where
    the numbers differ."""
    workload, _, style = name.partition(":")
    expected = gradian(workload, options.threads, 0)["values"]
    ways = [way for way in options.ways if applies(workload, way)]
    workers = {}
    for way in ways:
        chosen = fastest(workload, way, options.threads, expected) if style == "best" else style
        workers[way] = start(workload, chosen, way, options.threads)
    for way in ("eager", "dlib"):
        assert workers.get(way, True), f"{name}: {way} does not run; try it by hand (see Worker)"
    workers = {way: worker for way, worker in workers.items() if worker}
    differences = {way: difference(worker.values, expected) for way, worker in workers.items()}
    result = {"name": name, "ways": ways, "difference": max(differences.values())}
    if result["difference"] > tolerance(name):
        for worker in workers.values():
            worker.close()
        return result
    runs = {side: [] for side in ("gradian", *workers)}
    busy = []
    for _ in range(options.rounds):
        busy.append(busy_share())
        runs["gradian"].append(gradian(workload, options.threads, options.seconds))
        for way, worker in workers.items():
            runs[way].append(worker.time(options.seconds))
    result |= {"sides": {}, "busy_share": statistics.mean(busy)}
    for side, all_runs in runs.items():
        result["sides"][side] = {
            "ms": statistics.median(run["ms"] for run in all_runs),
            "ratio": statistics.median(
                run["ms"] / ours["ms"] for run, ours in zip(all_runs, runs["gradian"])),
            "peak_mb": max(run["peak_mb"] for run in all_runs)}
        result["sides"][side]["peak_ratio"] = (
            result["sides"][side]["peak_mb"] / result["sides"]["gradian"]["peak_mb"])
    for way, worker in workers.items():
        result["sides"][way]["style"] = worker.style
        result["sides"][way]["threads"] = worker.threads
        result["sides"][way]["difference"] = differences[way]
        worker.close()
    return result


# ---- Tables ----

def heading(title, end=""):
    print(f"{title:21}{'Gradian':>9}" + "".join(f"{text:>18}" for text in HEADINGS.values()) + end)


def row(result, key, digits, end=""):
    """A line with the numbers of all sides, and how many times Gradian's each of them is."""
    if "sides" not in result:
        print(f"{result['name']:21}{'not timed: the numbers differ':>81}{end}", flush=True)
        return
    sides = result["sides"]
    line = f"{result['name']:21}{sides['gradian'][key]:9.{digits}f}"
    for way in HEADINGS:
        if way in sides:
            ratio = sides[way]["ratio" if key == "ms" else "peak_ratio"]
            line += f"{sides[way][key]:10.{digits}f} {ratio:6.2f}x"
        else:
            line += f"{'-' if way not in result['ways'] else 'not available':>18}"
    print(line + end, flush=True)


def print_times(names, options):
    heading("median ms a step", "  differ")
    results = []
    for name in names:
        results.append(compare(name, options))
        row(results[-1], "ms", 2, f"{results[-1]['difference']:8.0e}")
    return results


def print_best_styles(results):
    best = [result for result in results if result["name"].endswith(":best") and "sides" in result]
    if best:
        print("\nnote: the margin head of the note (losses/README.md); best: the fastest of\n"
              f"{', '.join(STYLES)} (see peer_models.py), namely")
    for result in best:
        styles = {way: side["style"] for way, side in result["sides"].items() if "style" in side}
        print(f"{result['name']:30}" + "".join(f"{styles.get(way, '-'):>20}" for way in PYTORCH))


def those_here(ways):
    """The ways that can run, and the peers they are of. Says what is left out."""
    peers = []
    missing = [name for name in ("torch", "numpy") if not importlib.util.find_spec(name)]
    if missing:
        print(f"bench-peers: PyTorch is left out, python3 here has no {' and no '.join(missing)}")
        ways = [way for way in ways if way not in PYTORCH]
    elif set(ways) & set(PYTORCH):
        peers.append(f"PyTorch {importlib.metadata.version('torch')}")
    if not os.path.exists(DLIB):  # make has said why
        ways = [way for way in ways if way != "dlib"]
    elif "dlib" in ways:
        peers.append("dlib with OpenBLAS")
    return ways, peers


def print_threads(results):
    """dlib's: it has fewer where those are faster."""
    for result in results:
        side = result.get("sides", {}).get("dlib")
        if side:
            print(f"\ndlib: products on {side['threads']} of OpenBLAS's threads, the faster choice "
                  "of one or all; what dlib does itself, on one")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="a side and round")
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--ways", type=lambda text: text.split(","), default=list(HEADINGS),
                        help=f"of {','.join(HEADINGS)}: those to run")
    parser.add_argument("--out", default="build/bench-peers.json")
    options = parser.parse_args()
    options.ways, peers = those_here(options.ways)
    names = [name for name in WORKLOADS if options.only in name and
             any(applies(name, way) for way in options.ways)]
    if not names:
        print("bench-peers: skipped, nothing to compare with")
        return 0

    print(f"{' and '.join(peers)}; {options.threads} threads, {options.rounds} rounds of "
          f"{options.seconds} s; x: how many times Gradian's\n")
    results = print_times(names, options)
    print_best_styles(results)
    print_threads(results)
    print()
    heading("peak MB of a process")
    for result in results:
        row(result, "peak_mb", 0)
    print("what it grew to in the steps since it was empty (PyTorch: since the import of torch),\n"
          "pages of libraries included; torch.compile: with the compiler")
    busy = max((result.get("busy_share", 0) for result in results), default=0)
    if busy > 0.1:
        print(f"\nOther programs kept the machine up to {100 * busy:.0f} % busy: these times say "
              "little, least of all\nPyTorch's, whose threads wait for each other by spinning.")

    with open(options.out, "w") as file:
        json.dump({"threads": options.threads, "results": results}, file, indent=2)
    differing = [result["name"] for result in results
                 if result["difference"] > tolerance(result["name"])]
    print(f"\n{len(results) - len(differing)} agree, {len(differing)} differ (by more than "
          f"{TOLERANCE:g}; with Winograd's convolutions {max(TOLERANCES.values()):g})", *differing)
    return 1 if differing or not results else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], sys.argv[3], sys.argv[4] == "1", int(sys.argv[5]))
    else:
        sys.exit(main())
