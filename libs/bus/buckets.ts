// Bounds of histograms: what a percentile is read from.

/** Milliseconds of work that is over in a moment, or should be. */
export const momentsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** Milliseconds of work that waits for a device. */
export const runsMs = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000];

/** Events of a batch. */
export const batchSizes = [1, 2, 5, 10, 20, 50, 100, 150, 200];
