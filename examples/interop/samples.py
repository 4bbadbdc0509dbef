"""Compares what a network computes here with the samples that build/examples/interop has written."""
import numpy


def agrees(folder, name, run):
    """Whether run(inputs) is within 1e-5 of Gradian's outputs, for batches of 1 and of 7."""
    differences = []
    for sample in sorted(folder.glob(f"{name}.*.input.npy")):
        inputs = numpy.load(sample)
        expected = numpy.load(str(sample).replace(".input.", ".output."))
        output = run(inputs)
        assert output.shape == expected.shape, (output.shape, expected.shape)
        difference = numpy.abs(output - expected).max()
        print(f"{name}, batch {len(inputs)}: largest difference {difference:.1e}, of values up to "
              f"{numpy.abs(expected).max():.1f}")
        differences.append(difference)
    # A NaN fails, too, and so does a folder without samples.
    return len(differences) == 2 and all(d <= 1e-5 for d in differences)
