using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>
/// A volume of a running service: the leg <c>faulty</c>, in which the test causes faults, and two healthy files: two
/// legs, or a leg and a witness. Users write and read all the time; each operation must succeed.
/// </summary>
internal sealed class VolumeBench : IAsyncDisposable
{
    internal const string Faulty = "faulty";
    internal const int LegMiB = 8;
    private const string Name = "volume";
    private const int Users = 4;

    private const string Quiet = """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        dmio.pool.check = on
        """;

    private readonly ActorSystem system = ActorSystem.Create("faults", ConfigurationFactory.ParseString(Quiet));
    private readonly List<DiskFile> files = [];
    private readonly List<VolumeUser> users = [];
    private readonly List<Task> running = [];
    private readonly List<VolumeStatus> history = [];
    private readonly CancellationTokenSource stop = new();
    private Volume? volume;

    internal DmIoService Service => DmIoService.For(system);

    internal Volume Volume => volume!;

    /// <summary>The states that were seen.</summary>
    internal IReadOnlyList<VolumeStatus> History => history;

    /// <summary>Creates and opens the volume, and starts its users.</summary>
    /// <param name="faulty">The leg with faults.</param>
    /// <param name="hasWitness">The other members are a leg and a witness, instead of two legs.</param>
    internal static async Task<VolumeBench> StartAsync(IBlockDevice faulty, bool hasWitness)
    {
        var bench = new VolumeBench();
        try
        {
            await bench.OpenAsync(faulty, hasWitness);
            return bench;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts with a file or disk as the leg with faults.</summary>
    internal static Task<VolumeBench> StartAsync(string path, bool hasWitness, ByteSize? createSize = null) =>
        StartAsync(FileDevice.Open(new FileDeviceOptions { Path = path, CreateSize = createSize }), hasWitness);

    /// <summary>Waits until each user has completed some more operations.</summary>
    internal async Task UsersGoOnAsync(int operations = 20)
    {
        foreach (var (user, before) in users.Select(user => (user, user.Count)).ToList())
        {
            await UntilAsync(
                async () =>
                {
                    await (running.Find(task => task.IsFaulted) ?? Task.CompletedTask);
                    return user.Count >= before + operations;
                },
                () => $"{user} stands still");
        }
    }

    /// <summary>Waits until the volume has lost the leg with faults, and no other.</summary>
    internal async Task UntilLostAsync()
    {
        await UntilAsync(status => status.Legs[0].State == LegState.Absent);
        var (lost, seen) = (history[^1], string.Join(Environment.NewLine, history));
        Assert.True(lost.State == VolumeState.Degraded, seen);
        Assert.True(lost.Legs.Skip(1).All(leg => leg.State == LegState.InSync), seen);
    }

    internal Task UntilHealthyAsync() => UntilAsync(status => status.State == VolumeState.Healthy);

    internal Task UntilAsync(Func<VolumeStatus, bool> isReached)
    {
        return UntilAsync(
            async () =>
            {
                var status = await Volume.GetStatusAsync().InTime();
                if (history.Count == 0 || $"{history[^1]}" != $"{status}")
                {
                    history.Add(status);
                }

                return isReached(status);
            },
            () => string.Join(Environment.NewLine, history));
    }

    /// <summary>Ends the users and closes the volume: no comparison finds a difference, and the data areas of the legs
    /// are equal.</summary>
    internal async Task EndAsync()
    {
        await UntilHealthyAsync();
        await UsersGoOnAsync();
        await stop.CancelAsync();
        await Task.WhenAll(running).InTime();
        Assert.Empty((await Volume.VerifyAsync().InTime()).Differences);
        var legs = (await Volume.GetStatusAsync().InTime()).Legs.Select(leg => leg.Device).ToList();
        await Volume.DisposeAsync().InTime();
        var expected = await ContentOfAsync(legs[0]);
        foreach (var leg in legs.Skip(1))
        {
            Assert.True((await ContentOfAsync(leg)).AsSpan().SequenceEqual(expected), $"'{leg}' differs");
        }
    }

    /// <summary>Ends everything, also after a failed test.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await system.Terminate().InTime();
        await Task.WhenAny(Task.WhenAll(running)).InTime();
        files.ForEach(file => file.Dispose());
        stop.Dispose();
    }

    private async Task OpenAsync(IBlockDevice faulty, bool hasWitness)
    {
        await Service.AttachAsync(Faulty, faulty).InTime();
        await AttachFileAsync("one");
        await AttachFileAsync("two");
        var options = new VolumeOptions
        {
            Name = Name,
            Legs = hasWitness ? [Faulty, "one"] : [Faulty, "one", "two"],
            Witnesses = hasWitness ? ["two"] : [],
            AllowUnfenced = true,
        };
        await Service.CreateVolumeAsync(options).InTime();
        volume = await Service.OpenVolumeAsync(options).InTime();

        // If a leg is not known to read as zeroes, the first one is copied to the others.
        await UntilHealthyAsync();
        for (var index = 0; index < Users; index++)
        {
            users.Add(new VolumeUser(await Service.OpenAsync(pages: 64).InTime(), Name, index, Users));
        }

        running.AddRange(users.Select(user => user.RunAsync(() => stop.IsCancellationRequested)));
        await UsersGoOnAsync();
    }

    /// <summary>Attaches a file of the size of a leg.</summary>
    internal async Task AttachFileAsync(string name)
    {
        var file = DiskFile.OnDisk(LegMiB << 20);
        files.Add(file);
        await Service.AttachAsync(name, FileDevice.Open(new FileDeviceOptions { Path = file.Path })).InTime();
    }

    private async Task<byte[]> ContentOfAsync(string leg)
    {
        const int DataStart = 1 << 20;
        var data = new byte[(LegMiB << 20) - DataStart];
        await using var client = await Service.OpenAsync(pages: 64).InTime();
        (await client.ReadAsync(
            new IoRegion(leg, DataStart / Sector.SizeBytes, data.Length / Sector.SizeBytes), data).InTime())
            .ThrowIfFailed();
        return data;
    }

    private static async Task UntilAsync(Func<Task<bool>> isReached, Func<string> state)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!await isReached())
        {
            Assert.False(limit.IsCancellationRequested, state());
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }
}
