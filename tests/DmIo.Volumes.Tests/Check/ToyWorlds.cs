using System.Collections.Immutable;

namespace DmIo.Volumes.Tests.Check;

/// <summary>Counters that count to a limit each: limit + 1 to the power of their number states.</summary>
internal sealed class CounterWorld(int counters, int limit) : World
{
    private readonly int limit = limit;
    private readonly int[] values = new int[counters];

    public override string? Violation => null;

    public override void ListActions(ActionList actions)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] < limit)
            {
                actions.Add(0, i);
            }
        }
    }

    public override void Apply(WorldAction action) => values[action.A]++;

    public override string Label(WorldAction action) => $"count {action.A}";
}

/// <summary>Philosophers who take the left fork first, then the right one.</summary>
internal sealed class PhilosopherWorld(int philosophers, bool reportsDeadlock = false, bool isSymmetric = false) : World
{
    private const byte TakeLeft = 0;
    private const byte TakeRight = 1;
    private const byte PutBack = 2;

    private readonly bool reportsDeadlock = reportsDeadlock;
    private readonly bool isSymmetric = isSymmetric;
    private readonly byte[] forksHeld = new byte[philosophers];

    public override string? Violation => null;

    public override string? ViolationAtEnd => reportsDeadlock ? "deadlock" : null;

    public override void ListActions(ActionList actions)
    {
        var count = forksHeld.Length;
        for (var i = 0; i < count; i++)
        {
            var isLeftFree = forksHeld[(i + count - 1) % count] < 2;
            if (forksHeld[i] == 0 && isLeftFree)
            {
                actions.Add(TakeLeft, i);
            }

            if (forksHeld[i] == 1 && forksHeld[(i + 1) % count] == 0)
            {
                actions.Add(TakeRight, i);
            }

            if (forksHeld[i] == 2)
            {
                actions.Add(PutBack, i);
            }
        }
    }

    public override void Apply(WorldAction action) =>
        forksHeld[action.A] = action.Kind == PutBack ? (byte)0 : (byte)(forksHeld[action.A] + 1);

    public override string Label(WorldAction action) =>
        $"{action.A} {(action.Kind switch { TakeLeft => "takes left", TakeRight => "takes right", _ => "puts back" })}";

    /// <summary>The largest rotation.</summary>
    public override void Canonicalize()
    {
        if (!isSymmetric)
        {
            return;
        }

        var count = forksHeld.Length;
        var best = Enumerable.Range(0, count)
            .Select(shift => forksHeld.Skip(shift).Concat(forksHeld.Take(shift)).ToArray())
            .MaxBy(rotation => rotation.Aggregate(0, (number, digit) => (number * 3) + digit))!;
        best.CopyTo(forksHeld, 0);
    }
}

/// <summary>Peterson's lock for two processes; with the fault, a process gives way before it raises its flag.</summary>
internal sealed class PetersonWorld(bool isFaulty) : World
{
    private readonly bool isFaulty = isFaulty;
    private readonly Process[] processes = [new(), new()];
    private int turn;

    private enum Place
    {
        Idle,
        Halfway,
        Waits,
        Inside,
    }

    public override string? Violation =>
        Array.TrueForAll(processes, process => process.Place == Place.Inside) ? "both are inside" : null;

    public override void ListActions(ActionList actions)
    {
        for (var i = 0; i < processes.Length; i++)
        {
            if (processes[i].Place != Place.Waits || !processes[1 - i].IsFlagUp || turn == i)
            {
                actions.Add((byte)processes[i].Place, i);
            }
        }
    }

    public override void Apply(WorldAction action)
    {
        var process = processes[action.A];
        switch (process.Place)
        {
            case Place.Idle or Place.Halfway when (process.Place == Place.Idle) != isFaulty:
                process.IsFlagUp = true;
                break;
            case Place.Idle or Place.Halfway:
                turn = 1 - action.A;
                break;
            case Place.Inside:
                process.IsFlagUp = false;
                break;
        }

        process.Place = (Place)(((int)process.Place + 1) % 4);
    }

    public override string Label(WorldAction action) => $"{action.A} leaves {(Place)action.Kind}";

    private sealed class Process
    {
        public Place Place { get; set; }

        public bool IsFlagUp { get; set; }
    }
}

/// <summary>A graph without structure: numbers below a power of two, each with three successors.</summary>
internal sealed class ScatteredWorld(uint numbers, ImmutableArray<uint> faults) : World
{
    private readonly uint numbers = numbers;
    private readonly ImmutableArray<uint> faults = faults;
    private uint number;

    public override string? Violation => faults.Contains(number) ? $"{number}" : null;

    public override void ListActions(ActionList actions)
    {
        for (var i = 0; i < 3; i++)
        {
            actions.Add(0, i);
        }
    }

    public override void Apply(WorldAction action)
    {
        var mixed = ((number + 1) * 2654435761u) + (action.A * 40503u);
        number = (mixed ^ (mixed >> 15)) % numbers;
    }

    public override string Label(WorldAction action) => $"edge {action.A}";
}

/// <summary>A world with a mistake of its own.</summary>
internal sealed class BrokenWorld(BrokenWorld.Mistake mistake) : World
{
    private readonly Mistake mistake = mistake;
    private int value;

    internal enum Mistake
    {
        ActionThrows,
        ListChangesState,
        LabelsAreEqual,
    }

    public override string? Violation => mistake == Mistake.LabelsAreEqual && value == 2 ? "two" : null;

    public override void ListActions(ActionList actions)
    {
        value += mistake == Mistake.ListChangesState ? 1 : 0;
        actions.Add(0);
        actions.Add(1);
    }

    public override void Apply(WorldAction action)
    {
        value++;
        if (mistake == Mistake.ActionThrows && value == 3)
        {
            throw new InvalidOperationException("three");
        }
    }

    public override string Label(WorldAction action) => mistake == Mistake.LabelsAreEqual ? "act" : $"{action.Kind}";
}
