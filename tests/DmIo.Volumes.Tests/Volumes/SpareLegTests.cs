using Akka.Actor;
using Akka.Event;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Spares replace legs that stay absent.</summary>
public sealed class SpareLegTests : VolumeServiceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly VolumeOptions Options = new()
    {
        Name = "v",
        Legs = ["a", "b", "c"],
        Spares = ["small", "used", "d"],
        SpareAfter = TimeSpan.FromMilliseconds(300),
    };

    private readonly FaultyDevice faulty = new(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);

    [Fact]
    public async Task The_first_usable_spare_replaces_a_leg_which_is_not_used_when_it_returns()
    {
        await CreateAsync();
        await using (var volume = await Service.OpenVolumeAsync(Options))
        {
            await WriteAsync(1);
            faulty.Add(new FaultRule());
            await WriteAsync(2);

            await UntilAsync(volume, status => status.Legs.Select(leg => leg.Device).SequenceEqual(["a", "b", "d"]));
            faulty.Heal();
            await UntilAsync(volume, VolumeState.Healthy);
            Assert.Equal(2, await ReadAsync());
        }

        // The spare is found, although the options name the leg that it replaced.
        await using var again = await Service.OpenVolumeAsync(Options);
        var status = await UntilAsync(again, VolumeState.Healthy);
        Assert.Equal(["a", "b", "d"], status.Legs.Select(leg => leg.Device));
    }

    /// <summary>It hangs when it is read, or when it has become a leg and gets the data.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2048)]
    public async Task A_spare_that_hangs_is_skipped_for_the_next_one(long firstSector)
    {
        await CreateAsync();
        var dead = new HungDevice(
            new MemoryDevice(ByteSize.FromMiB(16)), OperationFilter.Any with { Start = firstSector });
        await Service.AttachAsync("dead", dead);
        var volume = await Service.OpenVolumeAsync(Options with
        {
            Spares = ["dead", "d"],
            LegTimeout = TimeSpan.FromMilliseconds(500),
        });
        await WriteAsync(1);
        faulty.Add(new FaultRule());
        await WriteAsync(2);

        try
        {
            await UntilAsync(volume, status => status.Legs.Select(leg => leg.Device).SequenceEqual(["a", "b", "d"]));
        }
        finally
        {
            dead.Release();
        }

        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(2, await ReadAsync());
    }

    [Fact]
    public async Task A_volume_opens_without_a_spare_that_is_not_attached_warns_and_uses_it_when_it_is()
    {
        await CreateAsync();
        var inbox = Inbox.Create(System);
        System.EventStream.Subscribe(inbox.Receiver, typeof(Warning));

        await using var volume = await Service.OpenVolumeAsync(Options with { Spares = ["late"] });

        Assert.Contains("'late'", inbox.ReceiveWhere(_ => true, TimeSpan.FromSeconds(5)).ToString());
        System.EventStream.Unsubscribe(inbox.Receiver);
        await UntilAsync(volume, VolumeState.Healthy);
        faulty.Add(new FaultRule());
        await WriteAsync(2);
        await AttachAsync("late");
        await UntilAsync(volume, status => status.Legs.Select(leg => leg.Device).SequenceEqual(["a", "b", "late"]));
    }

    [Fact]
    public async Task A_spare_that_is_a_leg_already_replaces_no_other_leg()
    {
        await AttachAsync("a", "s1", "s2");
        var failing = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 2);
        await Service.AttachAsync("b", failing);
        await Service.AttachAsync("c", faulty);
        var options = Options with { Spares = ["s1", "s2"] };
        await Service.CreateVolumeAsync(options);
        await using (var volume = await Service.OpenVolumeAsync(options))
        {
            faulty.Add(new FaultRule());
            await WriteAsync(1);
            await UntilAsync(volume, status => status.Legs.Select(leg => leg.Device).SequenceEqual(["a", "b", "s1"]));
        }

        await using var again = await Service.OpenVolumeAsync(options);
        failing.Add(new FaultRule());
        await WriteAsync(2);

        var legs = (await UntilAsync(again, status => status.Legs.All(leg => leg.Device != "b"))).Legs;
        Assert.Equal(["a", "s1", "s2"], legs.Select(leg => leg.Device).Order());
        Assert.Equal(2, await ReadAsync());
    }

    [Fact]
    public void A_leg_is_due_when_it_was_absent_for_the_limit_and_then_after_the_limit_again()
    {
        var legs = new AbsentLegs(Limit);

        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(0)));
        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(9.9)));
        Assert.Equal(1, legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(10)));
        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(19.9)));
        Assert.Equal(1, legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(20)));
    }

    [Fact]
    public void A_leg_that_returns_within_the_limit_is_not_due()
    {
        var legs = new AbsentLegs(Limit);
        legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(0));

        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Syncing), Minutes(9)));
        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Syncing), Minutes(11)));
        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(12)));
        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(21)));
    }

    [Fact]
    public void Nothing_is_due_while_the_volume_is_suspended_and_the_time_begins_again()
    {
        var legs = new AbsentLegs(Limit);
        legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(0));

        Assert.Null(legs.Look(Status(VolumeState.Suspended, LegState.Absent), Minutes(11)));
        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(12)));
        Assert.Null(legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(21)));
        Assert.Equal(1, legs.Look(Status(VolumeState.Degraded, LegState.Absent), Minutes(22)));
    }

    private static TimeSpan Minutes(double count) => TimeSpan.FromMinutes(count);

    private static VolumeStatus Status(VolumeState state, LegState second) => new(
        "v",
        state,
        new VolumeRecord
        {
            Version = default,
            Configuration = VolumeConfiguration.Of(QuorumRule.InSync, [Guid.NewGuid(), Guid.NewGuid()], []),
            Size = ByteSize.FromMiB(1),
            InSync = MemberSet.Of(0),
            Lineage = Guid.NewGuid(),
        },
        [
            new LegStatus("a", 0, LegState.InSync, default, Resync: null, CorrectedReads: 0),
            new LegStatus("b", 1, second, default, Resync: null, CorrectedReads: 0),
        ],
        default);

    private async Task CreateAsync()
    {
        await AttachAsync("a", "b", "d", "used");
        await Service.AttachAsync("c", faulty);
        await Service.AttachAsync("small", new MemoryDevice(ByteSize.FromMiB(4)));
        await Service.CreateVolumeAsync(new VolumeOptions { Name = "other", Legs = ["used"] });
        await Service.CreateVolumeAsync(Options);
    }
}
