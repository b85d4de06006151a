using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>The lease of an <see cref="IoClient"/>.</summary>
/// <param name="number">The number of the lease.</param>
/// <param name="pages">The number of pages to request.</param>
/// <param name="fixedMode">The mode of every request; null: random for each.</param>
/// <param name="process">The process of the client.</param>
internal sealed class ClientLease(long number, int pages, SendMode? fixedMode, SimulatedProcess process)
    : SimulatedLease(number, pages)
{
    private readonly List<Awaited> tasks = [];
    private readonly CancellationTokenSource giveUp = new();
    private Task<IoClient>? opening;
    private IoClient? client;
    private Task? closing;

    internal override IActorRef? Requests => client?.Requests;

    internal void Get(bool wait, int weight) =>
        opening = process.Call(service => service.OpenAsync(Pages, wait, weight, giveUp.Token));

    internal static SendMode DrawMode(Random random) =>
        (SendMode)random.Next((int)SendMode.TrySend, (int)SendMode.Callback + 1);

    internal override void Send(SimulatedRequest request, Random random)
    {
        request.Mode = fixedMode ?? DrawMode(random);
        try
        {
            switch (request.Mode)
            {
                case SendMode.TrySend:
                    TrySend(request);
                    break;
                case SendMode.Callback:
                    SendForCallback(request);
                    break;
                default:
                    SendForTask(request, random);
                    break;
            }
        }
        catch (IoRefusedException refused)
        {
            Refuse(request, refused);
        }
        catch (ObjectDisposedException)
        {
            process.Oracle.NotBegun(request);
        }
    }

    internal override void Put() => closing = client!.DisposeAsync().AsTask();

    internal override void Cancel(Random random, bool isForAll)
    {
        if (client is null)
        {
            process.Oracle.Note($"{this}: Get is canceled");
            giveUp.Cancel();
            return;
        }

        var candidates = tasks.FindAll(one => one.Cancellation is { IsCancellationRequested: false });
        while (candidates.Count > 0)
        {
            var one = candidates[random.Next(candidates.Count)];
            process.Oracle.Note($"#{one.Request.Number}: token is canceled");
            one.Cancellation!.Cancel();
            candidates.Remove(one);
            if (!isForAll)
            {
                return;
            }
        }
    }

    /// <summary>The client is disposed in any case. If the service is dead, no reply tells when the memory may be
    /// reused.</summary>
    internal override void OnKilled(bool isServiceDead)
    {
        base.OnKilled(isServiceDead);
        if (isServiceDead)
        {
            HasEnded = true;
        }
        else if (!IsEnding)
        {
            IsEnding = true;
            Put();
        }
    }

    internal override void Poll()
    {
        if (client is null && !HasEnded && opening!.IsCompleted)
        {
            Open();
        }

        // A completed request can send or cancel another one, so the list is searched again each time.
        while (tasks.Find(one => one.Outcome.IsCompleted) is { } one)
        {
            tasks.Remove(one);
            End(one);
        }

        if (!HasEnded && closing is { IsCompleted: true })
        {
            // Callbacks run on the thread pool, possibly after the client is closed.
            HasEnded = true;
            process.Oracle.Require(
                Outstanding.TrueForAll(request => request.Mode == SendMode.Callback),
                $"{this} ended before its requests");
            process.Oracle.Note($"{this} is closed");
            process.Oracle.Ended(this);
        }
    }

    private void Open()
    {
        if (opening!.IsCompletedSuccessfully)
        {
            client = opening.Result;
            IsOpen = !IsEnding && !process.Oracle.IsEnding;
            SetPages(client.Lease, process.Oracle);
            return;
        }

        HasEnded = true;
        process.Oracle.Require(
            !opening.IsCanceled || giveUp.IsCancellationRequested, $"{this} was canceled without a canceled token");
        process.Oracle.Note($"{this} is {(opening.IsCanceled ? "canceled" : "refused")}");
    }

    private void TrySend(SimulatedRequest request)
    {
        var isSent = client!.TrySend(request.Message with { Completion = new Completion(request) });
        if (!isSent)
        {
            process.Oracle.NotBegun(request);
        }
    }

    private void SendForCallback(SimulatedRequest request)
    {
        var message = request.Message;
        client!.Request(
            message.Operation,
            message.Regions,
            message.Memory,
            (result, context) => ((SimulatedRequest)context!).Done(result),
            request,
            OptionsOf(message));
    }

    private void SendForTask(SimulatedRequest request, Random random)
    {
        const int rarely = 12;
        var message = request.Message;
        var cancellation = request.Mode == SendMode.CancellableTask ? new CancellationTokenSource() : null;
        var isCanceledBefore = cancellation is not null && random.Next(rarely) == 0;
        if (isCanceledBefore)
        {
            cancellation!.Cancel();
        }

        var outcome = client!.RequestAsync(
            message.Operation,
            message.Regions,
            message.Memory,
            OptionsOf(message),
            cancellation?.Token ?? CancellationToken.None);
        tasks.Add(new Awaited(request, outcome, cancellation, isCanceledBefore));
    }

    private static RequestOptions OptionsOf(IoProtocol.IoRequest message) => new()
    {
        ForceUnitAccess = message.ForceUnitAccess,
        Edges = message.Edges,
        Zeroing = message.Zeroing,
        Priority = message.Priority,
        Deadline = message.Deadline,
        Context = message.Context,
    };

    private void End(Awaited one)
    {
        var (request, outcome, cancellation, wasCanceledBefore) = one;
        if (wasCanceledBefore)
        {
            process.Oracle.Require(outcome.IsCanceled, $"{request} was canceled before it was sent: {outcome.Status}");
            process.Oracle.NotBegun(request);
        }
        else if (outcome.IsCanceled)
        {
            process.Oracle.Require(
                cancellation is { IsCancellationRequested: true },
                $"{request} was canceled without a canceled token");
            process.Oracle.Canceled(request);
        }
        else if (outcome.IsCompletedSuccessfully)
        {
            request.Done(outcome.Result);
        }
        else
        {
            Refuse(request, outcome.Exception!.InnerException!);
        }
    }

    private static void Refuse(SimulatedRequest request, Exception refused) =>
        request.Refused(((IoRefusedException)refused).Cause!.Value, refused.Message);

    private sealed record Awaited(
        SimulatedRequest Request,
        Task<IoResult> Outcome,
        CancellationTokenSource? Cancellation,
        bool WasCanceledBefore);

    private sealed class Completion(SimulatedRequest request) : IoCompletion
    {
        protected override void OnDone(IoResult result) => request.Done(result);

        protected override void OnRefused(IoRefusal cause, string reason) => request.Refused(cause, reason);
    }
}
