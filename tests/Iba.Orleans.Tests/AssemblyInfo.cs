// Some tests start processes, and count on the time that rows take.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
