// Most tests wait for processes of their own: more of them at a time than there are cores.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
