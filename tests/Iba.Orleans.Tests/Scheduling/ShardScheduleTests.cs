using CsCheck;
using Iba.Scale;

namespace Iba.Orleans.Tests;

public class ShardScheduleTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private readonly SimulatedClock _clock = new();

    [Fact]
    public void Shards_come_in_order_one_for_each_worker()
    {
        var schedule = new ShardSchedule(2, _clock);

        Assert.Equal(new ShardOffer(OfferKind.Shard, 0), schedule.Next("a", Lease));
        Assert.Equal(new ShardOffer(OfferKind.Shard, 1), schedule.Next("b", Lease));
        Assert.Equal(OfferKind.Wait, schedule.Next("c", Lease).Kind);
        // The answer did not reach it.
        Assert.Equal(0, schedule.Next("a", Lease).Shard);
    }

    [Fact]
    public void A_shard_of_a_silent_worker_comes_first_and_the_second_time_last()
    {
        var schedule = new ShardSchedule(4, _clock);
        schedule.Next("a", Lease);
        _clock.Now += Lease;
        Assert.Equal(0, schedule.Next("b", Lease).Shard);
        Assert.Equal(1, schedule.Lost);
        _clock.Now += Lease;

        Assert.Equal([1, 2, 3, 0], new[] { "c", "d", "e", "f" }.Select(worker => schedule.Next(worker, Lease).Shard));
        Assert.Equal(2, schedule.Lost);
    }

    [Fact]
    public void Signs_of_life_keep_a_shard()
    {
        var schedule = new ShardSchedule(2, _clock);
        schedule.Next("a", Lease);
        for (int i = 0; i < 5; i++)
        {
            _clock.Now += Lease / 2;
            Assert.True(schedule.Renew("a", 0, Lease));
        }

        Assert.Equal(1, schedule.Next("b", Lease).Shard);
        Assert.Equal(0, schedule.Lost);
    }

    [Fact]
    public void A_worker_that_was_silent_does_not_take_its_shard_back_from_another()
    {
        var schedule = new ShardSchedule(1, _clock);
        schedule.Next("a", Lease);
        _clock.Now += Lease;
        Assert.Equal(0, schedule.Next("b", Lease).Shard);

        Assert.False(schedule.Renew("a", 0, Lease));
        schedule.Return("a", 0, isCommitted: false);
        Assert.Equal(1, schedule.Leased);

        // It was done all the same.
        schedule.Return("a", 0, isCommitted: true);
        Assert.False(schedule.Renew("b", 0, Lease));
        Assert.Equal(OfferKind.Wait, schedule.Next("b", Lease).Kind);
    }

    [Fact]
    public void What_is_given_back_comes_first()
    {
        var schedule = new ShardSchedule(3, _clock);
        foreach (string worker in new[] { "a", "b" }) schedule.Next(worker, Lease);
        schedule.Return("a", 0, isCommitted: false);
        schedule.Leave("b");

        Assert.Equal([0, 1, 2], new[] { "c", "d", "e" }.Select(worker => schedule.Next(worker, Lease).Shard));
        Assert.Equal(0, schedule.Lost);
    }

    [Fact]
    public void A_new_schedule_learns_from_signs_of_life_who_is_at_work()
    {
        var schedule = new ShardSchedule(3, _clock);

        Assert.True(schedule.Renew("a", 0, Lease));

        Assert.Equal([1, 0], new[] { "b", "a" }.Select(worker => schedule.Next(worker, Lease).Shard));
    }

    [Fact]
    public void A_new_schedule_takes_over_what_the_folder_says()
    {
        var schedule = new ShardSchedule(4, _clock);
        schedule.BeginSweep();
        schedule.Sweep([0, 2], [(1, "a"), (2, "b")], Lease);

        Assert.Equal((2, 1), (schedule.Done, schedule.Leased));
        Assert.Equal(3, schedule.Next("b", Lease).Shard);
        Assert.Equal(OfferKind.Wait, schedule.Next("c", Lease).Kind);
        _clock.Now += Lease;
        Assert.Equal(1, schedule.Next("c", Lease).Shard);
    }

    [Fact]
    public void A_worker_that_the_folder_named_speaks_for_itself()
    {
        var schedule = new ShardSchedule(3, _clock);
        schedule.BeginSweep();
        schedule.Sweep([], [(0, "a in the folder"), (1, "b in the folder")], Lease);
        _clock.Now += Lease / 2;

        Assert.True(schedule.Renew("a", 0, Lease));
        Assert.False(schedule.Renew("c", 0, Lease));
        schedule.Return("b", 1, isCommitted: true);

        Assert.Equal((1, 1), (schedule.Done, schedule.Leased));
        _clock.Now += Lease / 2;
        Assert.Equal([2, 0], new[] { "b", "a" }.Select(worker => schedule.Next(worker, Lease).Shard));
        Assert.Equal(0, schedule.Lost);
    }

    [Fact]
    public void Only_the_folder_says_that_all_is_done_and_what_vanishes_there_is_done_again()
    {
        var schedule = new ShardSchedule(2, _clock);
        foreach (string worker in new[] { "a", "b" }) schedule.Return(worker, schedule.Next(worker, Lease).Shard, isCommitted: true);
        Assert.Equal((OfferKind.Wait, true), (schedule.Next("a", Lease).Kind, schedule.NeedsSweep));

        schedule.BeginSweep();
        schedule.Sweep([0, 1], [], Lease);
        Assert.Equal(OfferKind.Finished, schedule.Next("a", Lease).Kind);

        schedule.BeginSweep();
        schedule.Sweep([0], [], Lease);
        Assert.Equal(1, schedule.Next("a", Lease).Shard);
    }

    [Fact]
    public void What_is_done_while_the_folder_is_read_is_not_handed_out_again()
    {
        var schedule = new ShardSchedule(2, _clock);
        schedule.Next("a", Lease);
        schedule.BeginSweep();
        schedule.Return("a", 0, isCommitted: true);
        schedule.Sweep([], [], Lease);

        Assert.Equal(1, schedule.Next("b", Lease).Shard);
    }

    [Fact]
    public void Whatever_happens_no_shard_is_at_two_workers_or_forgotten()
    {
        const int Shards = 6, Workers = 4;
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, Workers - 1], Gen.Int[0, Shards - 1]).Array[0, 60].Sample(steps =>
        {
            var clock = new SimulatedClock();
            var schedule = new ShardSchedule(Shards, clock);
            HashSet<int> committed = [];
            foreach (var (step, number, shard) in steps)
            {
                string worker = $"{number}";
                if (step == 0) clock.Now += Lease / 3;
                else if (step == 1) schedule.Renew(worker, shard, Lease);
                else if (step == 2) schedule.Return(worker, shard, isCommitted: false);
                else if (step == 3 && committed.Add(shard)) schedule.Return(worker, shard, isCommitted: true);
                else if (step == 4)
                {
                    schedule.BeginSweep();
                    schedule.Sweep(committed, [], Lease);
                }
                else schedule.Next(worker, Lease);
            }

            // Everybody that was at work falls silent; what is not committed must come to others, each once.
            clock.Now += Lease;
            var offers = Enumerable.Range(0, Shards).Select(i => schedule.Next($"new {i}", Lease)).Where(offer => offer.Kind == OfferKind.Shard).Select(offer => offer.Shard).Order();
            return offers.SequenceEqual(Enumerable.Range(0, Shards).Except(committed));
        });
    }
}
