using System.Collections.Concurrent;

namespace DmIo.Volumes.Actors;

/// <summary>The inputs of a volume. One thread at a time takes them, in order.</summary>
/// <param name="device">The volume.</param>
/// <param name="advance">Called by that thread when it has taken all of them.</param>
internal sealed class InputQueue(VolumeDevice device, Action advance)
{
    private readonly ConcurrentQueue<IVolumeInput> inputs = new();
    private int isRunning;

    /// <summary>Adds an input, from any thread. <see cref="Run"/> must follow.</summary>
    internal void Add(IVolumeInput input) => inputs.Enqueue(input);

    /// <summary>Takes all inputs, unless another thread does.</summary>
    internal void Run()
    {
        do
        {
            if (Interlocked.Exchange(ref isRunning, 1) != 0)
            {
                return;
            }

            try
            {
                while (inputs.TryDequeue(out var input))
                {
                    input.Take(device);
                }

                advance();
            }
            finally
            {
                Volatile.Write(ref isRunning, 0);
            }
        }
        while (!inputs.IsEmpty);
    }
}
