using System.Runtime.CompilerServices;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>Native memory is freed when nothing points into it, even without a Dispose.</summary>
public sealed class NativeBlockTests
{
    [Fact]
    public void Memory_of_a_window_keeps_the_block()
    {
        var (block, memory) = AllocateAndForget();

        Collect();

        Assert.True(block.IsAlive);
        Assert.Equal(0x5A, memory.Span[99]);
        GC.KeepAlive(memory);
    }

    [Fact]
    public void A_block_that_nothing_refers_to_is_collected()
    {
        var block = AllocateUseAndForget();

        Collect();

        Assert.False(block.IsAlive);
    }

    [Fact]
    public void Memory_of_a_disposed_block_throws()
    {
        var block = NativeBlock.Allocate(100);
        var memory = new NativeWindow(block, 0, 100).Memory;

        block.Dispose();

        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
    }

    [Fact]
    public unsafe void A_pin_holds_the_memory_against_dispose()
    {
        var block = NativeBlock.Allocate(100);
        var memory = new NativeWindow(block, 0, 100).Memory;
        var pin = memory.Pin();

        block.Dispose();

        ((byte*)pin.Pointer)[50] = 1;
        Assert.Equal(1, memory.Span[50]);
        pin.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }

    [Fact]
    public unsafe void A_pin_points_to_the_element_asked_for()
    {
        var block = NativeBlock.Allocate(100);
        var window = new NativeWindow(block, 20, 50);

        using var pin = window.Pin(7);

        Assert.Equal((nint)block.Address + 27, (nint)pin.Pointer);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Pin(51));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Pin(-1));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 101)]
    [InlineData(100, 1)]
    [InlineData(long.MaxValue, 1)]
    public void A_window_outside_its_block_throws(long offset, int length)
    {
        using var block = NativeBlock.Allocate(100);

        Assert.Throws<InvariantViolationException>(() => new NativeWindow(block, offset, length));
    }

    // Separate methods, so that no local of the test keeps the block alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference AllocateUseAndForget() => AllocateAndForget().Block;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Block, Memory<byte> Memory) AllocateAndForget()
    {
        var block = NativeBlock.Allocate(100);
        var memory = new NativeWindow(block, 0, 100).Memory;
        memory.Span.Fill(0x5A);
        return (new WeakReference(block), memory);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
