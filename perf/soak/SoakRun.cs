using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Devices.IoUring;

namespace DmIo.Soak;

/// <summary>
/// The service under a long load: many leases that are opened and closed, many devices, one of which is always being
/// detached or attached, and network disks. Memory, handles and threads must stay constant or within their bounds, each
/// request must end once, no message may be lost, and nothing may be left at the end.
/// </summary>
public sealed class SoakRun(SoakSettings settings, TextWriter output)
{
    private const string Quiet = """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        dmio.pool.check = on
        """;

    // An idle thread of the pool ends after 20 seconds, one of a device after 10.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly SoakCounts counts = new();
    private readonly List<SoakSample> samples = [];
    private readonly List<string> faults = [];

    /// <summary>Runs and reports.</summary>
    /// <returns>Whether all checks passed.</returns>
    public async Task<bool> RunAsync()
    {
        output.WriteLine($"{settings.Leases} leases, {settings.Devices} devices, {settings.Clients} network clients, "
            + $"{settings.Duration}; --seed {settings.Seed}");
        using var system = ActorSystem.Create("soak", ConfigurationFactory.ParseString(Quiet));
        var service = DmIoService.For(system);
        var deadLetters = new DeadLetterCount();
        system.EventStream.Subscribe(
            system.ActorOf(Props.Create(() => new DeadLetterActor(deadLetters))), typeof(DeadLetter));
        using var devices = new SoakDevices(service, settings);
        await devices.AttachAllAsync();
        await using var network = await SoakNetwork.StartAsync(settings, Quiet);
        var churns = await LoadAsync(service, devices, network);

        var pool = await service.GetPoolStatusAsync();
        var statistics = await service.GetStatisticsAsync();
        output.WriteLine($"{counts.Begun:N0} requests: {counts.Succeeded:N0} succeeded, "
            + $"{counts.Failed:N0} with a failed region; "
            + $"{counts.Reopened:N0} leases; {churns:N0} devices taken away and brought back; "
            + $"{network.Requests:N0} over the network, {network.HangUps:N0} hang-ups in the middle of replies");
        Require(await network.BecomesIdleAsync(Patience), "the server holds resources of disconnected clients");
        Require(counts.Begun == counts.Succeeded + counts.Failed, "the numbers of requests and outcomes differ");
        Require(statistics.Messages.Requests == counts.Begun, $"the service counted {statistics.Messages.Requests:N0}");
        Require(pool is { Leases: 0, Leased: 0, Draining: 0, Waiting: 0 }, $"at the end the pool is {pool}");
        Require(pool.Free == pool.Total, $"at the end the pool is {pool}");
        Require(deadLetters.Count == 0, $"{deadLetters.Count} dead letters, the first: {deadLetters.First}");
        Judge(devices);
        await CheckIdleAsync();
        await system.Terminate();
        faults.ForEach(fault => output.WriteLine($"FAULT: {fault}"));
        output.WriteLine(faults.Count == 0 ? "passed" : $"{faults.Count} faults");
        return faults.Count == 0;
    }

    private async Task<int> LoadAsync(DmIoService service, SoakDevices devices, SoakNetwork network)
    {
        using var end = new CancellationTokenSource();
        var workers = Enumerable.Range(0, settings.Leases)
            .Select(index => new SoakWorker(service, devices.Names, counts, settings.Seed + index))
            .Select(worker => Task.Run(() => worker.RunAsync(end.Token))).ToList();
        workers.Add(network.RunAsync(end.Token));
        var churn = Task.Run(() => devices.ChurnAsync(end.Token));
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < settings.Duration && !workers.Any(worker => worker.IsFaulted) && !churn.IsFaulted)
        {
            await Task.Delay(settings.Interval);
            samples.Add(SoakSample.Take(clock.Elapsed, counts.Begun));
            output.WriteLine(samples[^1]);
        }

        await end.CancelAsync();
        await Task.WhenAll(workers);
        return await churn;
    }

    private void Judge(SoakDevices devices)
    {
        const double MiB = 1024 * 1024;
        Trend[] trends =
        [
            Trend.Of("heap (MiB)", samples, sample => sample.HeapBytes / MiB, part: 0.05, least: 4),
            Trend.Of("resident (MiB)", samples, sample => sample.ResidentBytes / MiB, part: 0.1, least: 32),
            Trend.Of("handles", samples, sample => sample.Handles, part: 0.02, least: 4),
            Trend.Of("pool's threads", samples, sample => sample.Threads.Pool, part: 0, least: 4),
            Trend.Of("kernel's threads for one", samples, sample => sample.Threads.MostOfOne, part: 0.25, least: 8),
            Trend.Of("other threads", samples, sample => sample.Threads.Others, part: 0, least: 2),
        ];
        foreach (var trend in trends)
        {
            output.WriteLine(trend);
            Require(trend.IsFlat, $"{trend}");
        }

        var most = samples.Max(sample => sample.Threads.Files);
        var allowed = devices.MostThreads + SoakNetwork.MostThreads;
        Require(most <= allowed, $"{most} threads serve files, more than {allowed}");
        most = samples.Max(sample => sample.Threads.MostOfOne);
        Require(most <= RingWorkers.PerThread, $"a thread has {most} kernel workers, not {RingWorkers.PerThread}");
    }

    /// <summary>Waits for idle threads to end. A leaked thread would stay.</summary>
    private async Task CheckIdleAsync()
    {
        var clock = Stopwatch.StartNew();
        var rest = SoakThreads.Take();
        while (!rest.AreIdle && clock.Elapsed < Patience)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            rest = SoakThreads.Take();
        }

        output.WriteLine($"idle, after {clock.Elapsed.TotalSeconds:0} s, {rest}");
        Require(rest.AreIdle, $"threads are left: {rest}");
    }

    private void Require(bool condition, string fault)
    {
        if (!condition)
        {
            faults.Add(fault);
        }
    }

    private sealed class DeadLetterCount
    {
        internal int Count { get; set; }

        internal string First { get; set; } = "none";
    }

    private sealed class DeadLetterActor(DeadLetterCount count) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            count.First = count.Count++ == 0 ? $"{message}" : count.First;
        }
    }
}
