using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>One of an <see cref="IoClient"/>.</summary>
/// <param name="number">Its own.</param>
/// <param name="pages">How many it asks for.</param>
/// <param name="habit">How its user sends, if always in the same way.</param>
/// <param name="process">Where.</param>
internal sealed class ClientLease(long number, int pages, SendMode? habit, SimulatedProcess process)
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
        request.Mode = habit ?? DrawMode(random);
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
            process.Oracle.Note($"nobody waits for {this} any more");
            giveUp.Cancel();
            return;
        }

        var candidates = tasks.FindAll(one => one.Cancellation is { IsCancellationRequested: false });
        while (candidates.Count > 0)
        {
            var one = candidates[random.Next(candidates.Count)];
            process.Oracle.Note($"nobody waits for #{one.Request.Number} any more");
            one.Cancellation!.Cancel();
            candidates.Remove(one);
            if (!isForAll)
            {
                return;
            }
        }
    }

    /// <summary>Its user disposes of it all the same; where the service is dead, nobody is there to tell when the
    /// memory is the user's again.</summary>
    internal override void Cut(bool isServiceDead)
    {
        base.Cut(isServiceDead);
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

        // Who hears of one may send another, or cancel it, so that it has its own at once.
        while (tasks.Find(one => one.Outcome.IsCompleted) is { } one)
        {
            tasks.Remove(one);
            End(one);
        }

        if (!HasEnded && closing is { IsCompleted: true })
        {
            // What is called on the thread pool is called when that finds the time.
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
            TakeIn(client.Lease, process.Oracle);
            return;
        }

        HasEnded = true;
        process.Oracle.Require(
            !opening.IsCanceled || giveUp.IsCancellationRequested, $"{this} was cancelled by nobody");
        process.Oracle.Note($"{this} is {(opening.IsCanceled ? "cancelled" : "refused")}");
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
        var isTooLate = cancellation is not null && random.Next(rarely) == 0;
        if (isTooLate)
        {
            cancellation!.Cancel();
        }

        var outcome = client!.RequestAsync(
            message.Operation,
            message.Regions,
            message.Memory,
            OptionsOf(message),
            cancellation?.Token ?? CancellationToken.None);
        tasks.Add(new Awaited(request, outcome, cancellation, isTooLate));
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
        var (request, outcome, cancellation, wasCancelledBefore) = one;
        if (wasCancelledBefore)
        {
            process.Oracle.Require(outcome.IsCanceled, $"{request} was cancelled before it was sent: {outcome.Status}");
            process.Oracle.NotBegun(request);
        }
        else if (outcome.IsCanceled)
        {
            process.Oracle.Require(
                cancellation is { IsCancellationRequested: true }, $"{request} was cancelled by nobody");
            process.Oracle.Cancelled(request);
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
        bool WasCancelledBefore);

    private sealed class Completion(SimulatedRequest request) : IoCompletion
    {
        protected override void OnDone(IoResult result) => request.Done(result);

        protected override void OnRefused(IoRefusal cause, string reason) => request.Refused(cause, reason);
    }
}
