using System.Reflection;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Check;

using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Model;

public sealed class Scratch(ITestOutputHelper output)
{
    private static string Hunt(Func<VolumeWorld> start, int seed, int runs, int depth)
    {
        var best = (List<string>?)null;
        var found = 0;
        var when = 0;
        for (var run = 0; run < runs && found < 12; run++)
        {
            var random = new Random(seed * 1000003 + run);
            var world = start();
            var trace = new List<string>();
            var actions = new ActionList();
            for (var i = 0; i < depth; i++)
            {
                actions.Clear();
                world.ListActions(actions);
                if (actions.Count == 0) break;
                var action = actions[random.Next(actions.Count)];
                for (var t = 0; t < 3 && (WorldStep)action.Kind is WorldStep.Crash or WorldStep.LosePower or WorldStep.Cut or WorldStep.LoseLeg
                    or WorldStep.Cool or WorldStep.Clean or WorldStep.Restart or WorldStep.FailFlush or WorldStep.Flush; t++) action = actions[random.Next(actions.Count)];
                trace.Add(world.Label(action));
                world.Apply(action);
                if (world.Violation is not null)
                {
                    found++; when = run;
                    var min = Minimize(start, trace);
                    if (best is null || min.Count < best.Count) best = min;
                    break;
                }
            }
        }
        if (best is null) return "nothing found";
        Replays(start, best, out var v);
        return $"{found} found, last in run {when}: {v}, trace of {best.Count}\n  " + string.Join("\n  ", best.Select(b => $"\"{b}\","));
    }

    private static bool Replays(Func<VolumeWorld> start, List<string> labels, out string? violation)
    {
        var world = start();
        var actions = new ActionList();
        violation = null;
        foreach (var label in labels)
        {
            actions.Clear();
            world.ListActions(actions);
            var at = -1;
            for (var i = 0; i < actions.Count && at < 0; i++) if (world.Label(actions[i]) == label) at = i;
            if (at < 0) continue;
            try { world.Apply(actions[at]); } catch (InvalidOperationException) { return false; }
            if (world.Violation is { } v) { violation = v; return true; }
        }
        return false;
    }

    private static List<string> Minimize(Func<VolumeWorld> start, List<string> trace)
    {
        var labels = new List<string>(trace);
        for (var size = labels.Count / 2; size >= 1; size = size > 1 ? size / 2 : 0)
        {
            var again = true;
            while (again)
            {
                again = false;
                for (var i = 0; i + size <= labels.Count; i++)
                {
                    var shorter = new List<string>(labels);
                    shorter.RemoveRange(i, size);
                    if (Replays(start, shorter, out _)) { labels = shorter; i--; again = size == 1; }
                }
            }
        }
        return labels;
    }

    [Fact]
    public void Run()
    {
        foreach (var line in File.ReadLines(Environment.GetEnvironmentVariable("SCN") ?? "/tmp/scn.txt"))
        {
            if (line.Trim().Length == 0 || line[0] == '#') continue;
            var parts = line.Split(';');
            var o = new ModelOptions();
            foreach (var kv in parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var e = kv.Split('=');
                var p = typeof(ModelOptions).GetProperty(e[0]) ?? throw new InvalidOperationException(e[0]);
                var v = e.Length == 1 ? "1" : e[1];
                object x = p.PropertyType == typeof(bool) ? v is "1" or "true"
                    : p.PropertyType == typeof(int) ? int.Parse(v)
                    : p.PropertyType == typeof(ulong) ? ulong.Parse(v)
                    : p.PropertyType == typeof(MemberSet) ? new MemberSet(ushort.Parse(v))
                    : p.PropertyType.IsEnum ? Enum.Parse(p.PropertyType, v)
                    : Activator.CreateInstance(typeof(Shortcuts).GetNestedType(v, BindingFlags.NonPublic)!, true)!;
                p.SetValue(o, x);
            }
            var watch = System.Diagnostics.Stopwatch.StartNew();
            string text;
            var a = parts[2].Trim().Split(' ');
            if (a[0] == "settle")
            {
                text = Recovery.Run(VolumeWorld.Of(o), ulong.Parse(a[1]), int.Parse(a[2]), int.Parse(a[3]));
            }
            else if (a[0] == "hunt")
            {
                text = Hunt(VolumeWorld.Of(o), int.Parse(a[1]), int.Parse(a[2]), int.Parse(a[3]));
            }
            else if (a[0] == "walk")
            {
                var r = new Explorer<VolumeWorld>(VolumeWorld.Of(o)) { Threads = 1 }.RandomWalk(ulong.Parse(a[1]), int.Parse(a[2]), int.Parse(a[3]));
                text = string.Join("\n  ", r.Trace.Prepend($"{r.Runs} runs {r.Steps} steps: {r.Violation ?? "ok"}"));
            }
            else
            {
                var ex = new Explorer<VolumeWorld>(VolumeWorld.Of(o)) { Threads = 1, StateLimit = long.Parse(a[0]), DepthLimit = a.Length > 1 ? int.Parse(a[1]) : int.MaxValue };
                text = ex.Search().ToString();
            }
            var l = $"{parts[0]}: [{parts[1]}] {text} in {watch.Elapsed.TotalSeconds:F1} s";
            output.WriteLine(l);
            File.AppendAllText((Environment.GetEnvironmentVariable("SCN") ?? "/tmp/scn.txt") + ".out", l + "\n");
        }
    }
}
