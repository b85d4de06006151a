using System.Numerics;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// Latencies of one time window, by their kind: reads, writes, or other; and size, in powers of two. Each kind has a
/// base: its mean latency without queuing in the device.
/// </summary>
internal sealed class LatencyTable
{
    private const int Sizes = 16;

    private const int MinSamples = 4;

    private const int SureSamples = 32;

    private const double SurelyLess = 0.7;

    private readonly Kind[] kinds = new Kind[3 * Sizes];

    /// <summary>Operations that began and ended in the window.</summary>
    internal int Samples { get; private set; }

    /// <param name="operation">The operation that has just ended.</param>
    /// <param name="latency">Its latency.</param>
    /// <param name="isSample">True: it also began in the window.</param>
    internal void Add(DispatchedOperation operation, TimeSpan latency, bool isSample)
    {
        ref var kind = ref kinds[IndexOf(operation)];
        kind.Ended++;
        if (isSample)
        {
            Samples++;
            kind.Samples++;
            kind.Sum += Math.Max(1, latency.Ticks);
        }
    }

    /// <summary>The device was unloaded: the means become the bases.</summary>
    internal void LearnUnloaded()
    {
        foreach (ref var kind in kinds.AsSpan())
        {
            if (kind.Samples > 0 && (kind.Base == 0 || kind.Samples >= MinSamples))
            {
                kind.Base = kind.Sum / kind.Samples;
            }
        }
    }

    /// <summary>
    /// Sets the base of kinds that had no samples when the device was unloaded: their mean times the given share. False
    /// if a kind is now so fast that its base must be wrong.
    /// </summary>
    internal bool LearnLoaded(double unqueuedShare)
    {
        var isRight = true;
        foreach (ref var kind in kinds.AsSpan())
        {
            if (kind.Base == 0 && kind.Samples > 0)
            {
                kind.Base = unqueuedShare * kind.Sum / kind.Samples;
            }

            isRight &= kind.Samples < SureSamples || kind.Sum / kind.Samples > kind.Base * SurelyLess;
        }

        return isRight;
    }

    /// <summary>
    /// By Little's law: the average number of operations that the device served, without those that queued. Measures
    /// throughput independently of the mix of kinds.
    /// </summary>
    internal double Work(TimeSpan elapsed)
    {
        var sum = 0.0;
        foreach (ref readonly var kind in kinds.AsSpan())
        {
            sum += kind.Ended * kind.Base;
        }

        return sum / elapsed.Ticks;
    }

    /// <summary>The mean of all samples, in ticks.</summary>
    internal double Mean()
    {
        var sum = 0.0;
        foreach (ref readonly var kind in kinds.AsSpan())
        {
            sum += kind.Sum;
        }

        return Samples == 0 ? 0 : sum / Samples;
    }

    /// <summary>The share of their latency in which operations did not queue in the device, 0 to 1.</summary>
    internal double UnqueuedShare()
    {
        var (bases, sums) = (0.0, 0.0);
        foreach (ref readonly var kind in kinds.AsSpan())
        {
            bases += kind.Samples * kind.Base;
            sums += kind.Sum;
        }

        return sums == 0 ? 1 : Math.Min(1, bases / sums);
    }

    /// <summary>Starts a new window; bases remain.</summary>
    internal void Clear()
    {
        foreach (ref var kind in kinds.AsSpan())
        {
            (kind.Ended, kind.Samples, kind.Sum) = (0, 0, 0);
        }

        Samples = 0;
    }

    private static int IndexOf(DispatchedOperation operation)
    {
        ref readonly var call = ref operation.Operation;
        if (!call.Kind.HasRange())
        {
            throw new InvalidOperationException($"{call.Kind} has no latency that depends on its size.");
        }

        var row = call.Kind.FillsMemory() ? 0 : call.Kind.HasData() ? 1 : 2;
        return (row * Sizes) + Math.Min(BitOperations.Log2((ulong)call.Count.Value), Sizes - 1);
    }

    private struct Kind
    {
        internal double Base;
        internal double Sum;
        internal int Samples;
        internal int Ended;
    }
}
