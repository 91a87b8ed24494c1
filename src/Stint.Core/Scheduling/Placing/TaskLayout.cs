using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>Tasks, and GPUs of a number for the whole job, of each chosen node.</summary>
internal static class TaskLayout
{
    /// <summary>Null when the sums do not come out, which counting alone did not see.</summary>
    public static (int Tasks, int JobGres)[]? Of(NodeSearch search)
    {
        var request = search.Request;
        var chosen = search.Chosen;
        var layout = new (int Tasks, int JobGres)[chosen.Length];
        var tasks = NodeChoice.TasksFor(request, chosen.Length);
        var order = request.Distribution;
        var even = request.Spread || order.Pack == false;
        if (!even && order.Nodes is NodeOrder.Block or NodeOrder.Arbitrary || order.Pack == true) Fill(chosen, layout, tasks);
        else Turns(chosen, layout, tasks, order.Nodes == NodeOrder.Plane ? order.PlaneSize : 1);
        return request.JobGres < 0 || Gres(request, chosen, layout) ? layout : null;
    }

    /// <summary>Every node gets one task, then the nodes are filled in order.</summary>
    private static void Fill(ReadOnlySpan<Candidate> chosen, (int Tasks, int JobGres)[] layout, int tasks)
    {
        var spare = Math.Max(0, tasks - chosen.Length);
        for (var i = 0; i < layout.Length; i++)
        {
            var more = Math.Min(chosen[i].Tasks - 1, spare);
            spare -= more;
            layout[i].Tasks = 1 + more;
        }
    }

    /// <summary>In turns of so many; the first turn gives one to each, so that no node goes without.</summary>
    private static void Turns(ReadOnlySpan<Candidate> chosen, (int Tasks, int JobGres)[] layout, int tasks, int turn)
    {
        for (var i = 0; i < layout.Length; i++) layout[i].Tasks = 1;
        var left = tasks - layout.Length;
        for (int round = 1, moved = 1; left > 0 && moved > 0; round++)
        {
            moved = 0;
            for (var i = 0; i < layout.Length && left > 0; i++)
            {
                var here = Math.Clamp(Math.Min(round * turn, chosen[i].Tasks) - layout[i].Tasks, 0, left);
                layout[i].Tasks += here;
                left -= here;
                moved += here;
            }
            if (moved == 0)
                for (var i = 0; i < layout.Length && moved == 0; i++)
                    if (layout[i].Tasks < chosen[i].Tasks) moved = 1;
        }
    }

    private static bool Gres(Request request, ReadOnlySpan<Candidate> chosen, (int Tasks, int JobGres)[] layout)
    {
        var left = request.Gres[request.JobGres].Count;
        for (var i = 0; i < layout.Length; i++)
        {
            var least = request.TasksPerGpu > 0 ? (layout[i].Tasks + request.TasksPerGpu - 1) / request.TasksPerGpu : 1;
            if (least > chosen[i].JobGres) return false;
            layout[i].JobGres = least;
            left -= least;
        }
        for (var i = 0; i < layout.Length && left > 0; i++)
        {
            var more = Math.Min(left, chosen[i].JobGres - layout[i].JobGres);
            layout[i].JobGres += more;
            left -= more;
        }
        return left == 0;
    }
}
