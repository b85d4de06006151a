using System.Runtime.CompilerServices;
using DmIo.Devices.IoUring;
using DmIo.Devices.Stores;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

public sealed class RingOpeningTests
{
    [Fact]
    public void Structures_shared_with_the_kernel_have_its_sizes()
    {
        Assert.Equal(120, Unsafe.SizeOf<RingParameters>());
        Assert.Equal(64, Unsafe.SizeOf<SubmissionEntry>());
        Assert.Equal(16, Unsafe.SizeOf<CompletionEntry>());
        Assert.Equal(16, Unsafe.SizeOf<NativeSegment>());
    }

    [RingTheory]
    [InlineData(1, 1)]
    [InlineData(5, 8)]
    [InlineData(64, 64)]
    [InlineData(0, 1)]
    [InlineData(int.MaxValue, 32768)]
    public void The_queue_depth_is_rounded_up_and_the_completion_queue_has_twice_the_size(int depth, int entries)
    {
        using var ring = RingOpening.TryOpen(depth, out _, out var reason);
        Assert.Equal(string.Empty, reason);
        Assert.Equal((entries, entries * 2), (ring!.SubmissionEntries, ring.CompletionEntries));
        Assert.Equal((0, false), (ring.Unsubmitted, ring.HasCompletion));
    }

    [RingFact]
    public void The_kernel_reports_its_operations()
    {
        using var ring = RingOpening.TryOpen(1, out var abilities, out _);
        Assert.Empty(abilities.Missing);
        Assert.Contains(RingOpcode.Read, abilities.Opcodes.AsEnumerable());
        Assert.Equal(Environment.OSVersion.Version >= new Version(6, 15), abilities.HasFixedVectors);
    }

    [Fact]
    public void A_kernel_without_the_required_operations_is_refused_with_the_reason()
    {
        var abilities = new RingAbilities([RingOpcode.Read, RingOpcode.Write]);
        Assert.Contains(RingOpcode.Allocate, abilities.Missing);
        Assert.DoesNotContain(RingOpcode.Read, abilities.Missing);
        Assert.False(abilities.HasFixedVectors);
    }

    [RingTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_ring_without_a_thread_for_its_events_is_not_created_and_its_file_can_be_locked_again(bool isShortage)
    {
        Exception fault = isShortage ? new InsufficientMemoryException() : new ThreadStateException();
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.FilePath(), new byte[4096]);
        var store = new LinuxFileStore(Open(directory), capacity: ByteSize.FromSectors(8), isReadOnly: false);
        var ring = RingOpening.TryOpen(8, out var abilities, out _)!;

        var thrown = Record.Exception(() => Assert.Null(RingEngine.TryCreate(
            store,
            ring,
            abilities,
            TimeProvider.System,
            out _,
            reapers: (out RingReaper? reaper) => RingReaper.TryStart(_ => throw fault, out reaper))));

        Assert.Equal(isShortage ? null : fault, thrown);
        Assert.True(ring.Handle.IsClosed);
        store.Dispose();
        Open(directory).Dispose();
    }

    [Theory]
    [InlineData(38, "no io_uring")]
    [InlineData(1, "seccomp")]
    [InlineData(13, "io_uring_disabled")]
    [InlineData(12, "RLIMIT_MEMLOCK")]
    [InlineData(24, "RLIMIT_NOFILE")]
    [InlineData(11, "pids.max")]
    [InlineData(5, "Input/output error")]
    public void The_reason_names_the_remedy_or_the_cause(int errno, string named) =>
        Assert.Contains(named, RingOpening.Explain(errno));

    private static SafeFileHandle Open(TemporaryDirectory directory) =>
        File.OpenHandle(directory.FilePath(), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
}
