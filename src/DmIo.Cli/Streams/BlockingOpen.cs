namespace DmIo.Cli.Streams;

/// <summary>Opens files whose open can block: the open of a FIFO waits for a process at the other end.</summary>
internal static class BlockingOpen
{
    /// <summary>Opens the file on a separate thread.</summary>
    /// <param name="open">Opens the file; can block without a limit.</param>
    /// <param name="interrupted">Ends the wait. The thread remains in the open and closes the file after it.</param>
    /// <exception cref="OperationCanceledException">The user interrupted the wait.</exception>
    internal static async Task<FileStream> RunAsync(Func<FileStream> open, CancellationToken interrupted)
    {
        var opening = Task.Factory.StartNew(
            open, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await opening.WaitAsync(interrupted);
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(
                opened => opened.Result.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
            throw;
        }
    }
}
