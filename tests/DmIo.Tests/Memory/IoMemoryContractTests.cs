using DmIo.Memory;

namespace DmIo.Tests.Memory;

// The IoMemoryContract on every kind of memory, whole and sliced.
public sealed class MemoryBlockContractTests : IoMemoryContract
{
    protected override IoMemory Create() => new byte[5000];
}

public sealed class PageListContractTests : IoMemoryContract
{
    protected override IoMemory Create() => new PageList([new byte[4096], new byte[4096], new byte[4096]], 513);
}

public sealed class SlicedPageListContractTests : IoMemoryContract
{
    protected override IoMemory Create() =>
        new PageList([new byte[4096], new byte[4096], new byte[4096]], 513).Slice(3600, 6000);
}

public sealed class PooledPageListContractTests : IoMemoryContract, IDisposable
{
    private readonly PagePool pool = new(maxPages: 4, slabPages: 2);

    public void Dispose() => pool.Dispose();

    protected override IoMemory Create() =>
        pool.TryLease(3, out var lease) ? new PageList(lease.Pages) : throw new InvalidOperationException();
}

public sealed class BioVectorContractTests : IoMemoryContract
{
    internal static BioVector Vector() => new(
    [
        new(new byte[4096], 4096, 0),
        new(new byte[4096], 1000, 3096),
        new(new byte[4096], 0, 1),
        new(new byte[4096], 7, 0),
        new(new byte[9000], 2000, 5000),
        new(new byte[512], 0, 512),
    ]);

    protected override IoMemory Create() => Vector();
}

public sealed class SlicedBioVectorContractTests : IoMemoryContract
{
    protected override IoMemory Create() => BioVectorContractTests.Vector().Slice(3000, 5200);
}

public sealed class NativeBufferContractTests : IoMemoryContract
{
    protected override IoMemory Create() => VirtualBuffer.Allocate(10_000, windowBytes: 3000);
}

public sealed class SlicedNativeBufferContractTests : IoMemoryContract
{
    protected override IoMemory Create() => VirtualBuffer.Allocate(10_000, windowBytes: 3000).Slice(2999, 6002);
}

public sealed class ManagedBufferContractTests : IoMemoryContract
{
    protected override IoMemory Create() => new VirtualBuffer(new byte[5000].AsMemory(100, 4500));
}

public sealed class ScatteredMemoryContractTests : IoMemoryContract
{
    protected override IoMemory Create() =>
        new ScatteredMemory([default, new byte[1], default, new byte[2000], new byte[3], default]);
}

public sealed class SlicedScatteredMemoryContractTests : IoMemoryContract
{
    protected override IoMemory Create() =>
        new ScatteredMemory([default, new byte[1000], default, new byte[2000], default]).Slice(900, 1500);
}
