using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using DmIo.AspNetCore.Documents;
using DmIo.Volumes;
using Microsoft.AspNetCore.Http;

namespace DmIo.AspNetCore.Endpoints;

/// <summary>Answers an operation with lines of progress and of its result. An operation that fails before its first
/// line gets an error status; after it, the error is the last line.</summary>
internal static class OperationStream
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <param name="context">The request.</param>
    /// <param name="run">Runs the operation; returns the last line.</param>
    /// <param name="progress">Reads how far the operation has come; null: unknown.</param>
    /// <param name="end">Ends the operation, or the wait for it.</param>
    internal static async Task RunAsync(
        HttpContext context,
        Func<CancellationToken, Task<OperationLine>> run,
        Func<Task<OperationProgress?>> progress,
        CancellationToken end)
    {
        var running = run(end);
        using var timer = new PeriodicTimer(Interval);
        while (await Task.WhenAny(running, timer.WaitForNextTickAsync(CancellationToken.None).AsTask()) != running)
        {
            await TryWriteProgressAsync(context, progress, end);
        }

        OperationLine line;
        try
        {
            line = await running;
        }
        catch (Exception fault) when (context.Response.HasStarted
            && Requests.MessageOf(fault, Requests.StoppingOf(context)) is { } message)
        {
            line = new OperationLine { Problem = message };
        }

        await WriteAsync(context, line, end);
    }

    /// <summary>An error here is one of the operation too, and is reported there.</summary>
    private static async Task TryWriteProgressAsync(
        HttpContext context, Func<Task<OperationProgress?>> progress, CancellationToken end)
    {
        try
        {
            if (await progress() is { } now)
            {
                await WriteAsync(context, new OperationLine { Progress = now }, end);
            }
        }
        catch (Exception fault) when (fault is VolumeException or OperationCanceledException)
        {
            // The volume was closed, or the client has disconnected.
        }
    }

    private static async Task WriteAsync(HttpContext context, OperationLine line, CancellationToken end)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "application/x-ndjson; charset=utf-8";
        }

        await context.Response.Body.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(line, EndpointJson.Default.OperationLine), end);
        await context.Response.Body.WriteAsync("\n"u8.ToArray(), end);
        await context.Response.Body.FlushAsync(end);
    }

    /// <summary>Keeps the last report.</summary>
    internal sealed class Latest<T> : IProgress<T>
        where T : notnull
    {
        private volatile object? last;

        /// <summary>False: there was no report.</summary>
        internal bool TryGet([MaybeNullWhen(false)] out T value)
        {
            (var isKnown, value) = last is T known ? (true, known) : (false, default);
            return isKnown;
        }

        public void Report(T value) => last = value;
    }
}
